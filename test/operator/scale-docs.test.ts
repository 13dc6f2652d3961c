/** The balancers of docs/scale.md, with the configurations that stand there: a host name leads to one host, and to another one when that is gone. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, test } from 'vitest'

import { findPort } from '../../bench/server-process.ts'
import { runBalancer, toMissing, toNginxArgs } from '../harness/balancer.ts'
import { ROOT } from '../harness/serve.ts'
import { startUpstream } from '../harness/upstream.ts'
import type { Upstream } from '../harness/upstream.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-scale-'))
afterAll(() => rmSync(folder, { recursive: true }))

const page = readFileSync(join(ROOT, 'docs/scale.md'), 'utf8')
const NAMES = Array.from({ length: 60 }, (_, i) => `app-${i}.example`)

interface Balancer {
  readonly command: string
  readonly language: string
  /** What starts it with this text. */
  readonly start: (text: string) => readonly string[]
}

const BALANCERS: readonly Balancer[] = [
  {
    command: 'haproxy',
    language: 'haproxy',
    start(text) {
      const file = join(folder, 'haproxy.cfg')
      writeFileSync(
        file,
        `defaults\n    timeout connect 2s\n    timeout client 30s\n    timeout server 30s\n${text}`,
      )
      return ['-db', '-f', file]
    },
  },
  {
    command: 'nginx',
    language: 'nginx',
    start(text) {
      return toNginxArgs(folder, text)
    },
  },
  {
    command: 'caddy',
    language: 'caddyfile',
    start(text) {
      const file = join(folder, 'Caddyfile')
      writeFileSync(file, `{\n\tadmin off\n\tauto_https off\n}\n${text}`)
      return ['run', '--adapter', 'caddyfile', '--config', file]
    },
  },
]

/**
 * What is said twice in a row. Who bounds the load counts a request until it has put it away, which may be after its
 * answer has come, so that the next one is led elsewhere once in a while.
 */
async function steady(ask: () => Promise<readonly string[]>): Promise<readonly string[]> {
  for (let last = await ask(); ;) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const next = await ask()
    if (next.join() === last.join()) return next
    last = next
  }
}

describe.for(BALANCERS)('$command', ({ command, language, start }) => {
  const missing = toMissing(command)

  test.skipIf(missing)(
    `leads a host name to one host, and the names of a host that is gone to the others${missing === undefined ? '' : `, not run: ${missing}`}`,
    async ({ expect }) => {
      const [, text = ''] = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(page) ?? []
      await using hosts = new AsyncDisposableStack()
      const upstreams: Upstream[] = []
      for (const name of ['a', 'b', 'c']) {
        // oxlint-disable-next-line no-await-in-loop -- three
        upstreams.push(hosts.use(await startUpstream((_, response) => void response.end(name))))
      }
      await using ready = await startUpstream((_, response) => void response.end())
      const port = await findPort()
      await using _ = await runBalancer(command, start(place(text, port, upstreams, ready)), {
        port,
        home: folder,
      })

      const first = await steady(() => askAll(port))
      expect([...new Set(first)].sort()).toEqual(['a', 'b', 'c'])

      await upstreams[1]!.close()
      // some are led anywhere until the balancer knows that it is gone
      const second = await steady(() => askAll(port))
      for (const [i, name] of first.entries()) {
        if (name === 'b') expect(['a', 'c']).toContain(second[i])
        else expect(second[i]).toBe(name)
      }
    },
    60_000,
  )
})

/** The page's configuration on these ports. */
function place(text: string, port: number, upstreams: readonly Upstream[], ready: Upstream): string {
  let placed = text.replaceAll(/:80\b|listen 80\b/g, (found) =>
    found.startsWith(':') ? `:${port}` : `listen 127.0.0.1:${port}`,
  )
  for (const [i, { url }] of upstreams.entries())
    placed = placed.replace(`10.0.0.${i + 1}:3000`, new URL(url).host)
  // HAProxy asks the hosts themselves, so that it sees which is gone
  return placed.replace('check port 3001', 'check').replaceAll('3001', new URL(ready.url).port)
}

/** Who answers each name. */
async function askAll(port: number): Promise<readonly string[]> {
  const answers: string[] = []
  // oxlint-disable-next-line no-await-in-loop -- a balancer that bounds the load sees one at a time
  for (const name of NAMES) answers.push(await ask(port, name))
  return answers
}

function ask(port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, headers: { host }, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('end', () => resolve(response.statusCode === 200 ? text : `status ${response.statusCode}`))
    })
    sent.on('error', reject)
    sent.end()
  })
}
