/** The proxies of docs/operators/proxies.md, with the configurations that stand there, before real apps. */

import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import type { IncomingMessage, RequestOptions } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, test } from 'vitest'

import { parseConfig } from '../../host/config/parse.ts'
import { findPort } from '../../bench/server-process.ts'
import { runBalancer, toMissing, toNginxArgs } from '../harness/balancer.ts'
import { makeCertificate, NO_OPENSSL } from '../harness/certificate.ts'
import { fixture, ROOT, serve, waitFor } from '../harness/serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-proxies-'))
afterAll(() => rmSync(folder, { recursive: true }))

const page = readFileSync(join(ROOT, 'docs/operators/proxies.md'), 'utf8')
const MB = 1024 * 1024

interface Proxy {
  readonly name: string
  readonly command: string
  /** The configuration of the page for these ports, and what starts it. */
  start(text: string, ports: { from: number; to: number }): readonly string[]
}

const files = () => makeCertificate(folder, 'proxy', ['shop.example.com', 'blog.example.com'])

const PROXIES: readonly Proxy[] = [
  {
    name: 'caddyfile',
    command: 'caddy',
    start(text, { from, to }) {
      const { cert, key } = files()
      const sites = text
        .replaceAll('.example.com', `.example.com:${from}`)
        .replace(' {\n', ` {\n\ttls ${cert} ${key}\n`)
        .replace('127.0.0.1:3000', `127.0.0.1:${to}`)
      const file = join(folder, 'Caddyfile')
      writeFileSync(file, `{\n\tadmin off\n\tauto_https off\n}\n${sites}`)
      return ['run', '--adapter', 'caddyfile', '--config', file]
    },
  },
  {
    name: 'nginx',
    command: 'nginx',
    start(text, { from, to }) {
      const { cert, key } = files()
      const server = text
        .replace('listen 443', `listen 127.0.0.1:${from}`)
        .replace('127.0.0.1:3000', `127.0.0.1:${to}`)
        .replace('/etc/nginx/tls/fullchain.pem', cert)
        .replace('/etc/nginx/tls/privkey.pem', key)
      return toNginxArgs(folder, server)
    },
  },
]

describe.for(PROXIES)('$command', (proxy) => {
  const { name, command } = proxy
  const missing = NO_OPENSSL ?? toMissing(command)

  test.skipIf(missing)(
    `passes requests, ids, streams and ends${missing === undefined ? '' : `, not run: ${missing}`}`,
    async ({ expect }) => {
      const [, text = ''] = new RegExp(`^\`\`\`${name}\\n(.*?)^\`\`\``, 'ms').exec(page) ?? []
      const [, spec = ''] = /^```jsonc\n(.*?)^```/ms.exec(page) ?? []
      const { trustedProxies, connectionLimits } = parseConfig(spec, join(ROOT, 'nano.json'))
      await using server = await serve(
        [
          { name: 'shop', hostname: 'shop.example.com', path: fixture('mirror') },
          { name: 'blog', hostname: 'blog.example.com', path: fixture('streams') },
        ],
        1,
        {
          trustedProxies: [...(trustedProxies ?? [])],
          connectionLimits: { keep_alive_ms: connectionLimits.keepAliveMs },
          accessLog: true,
        },
      )
      const from = await findPort()
      await using _ = await runBalancer(command, proxy.start(text, { from, to: server.port }), {
        port: from,
        home: folder,
      })

      const lied = {
        'x-forwarded-for': '203.0.113.9',
        'x-forwarded-proto': 'http',
        'x-request-id': 'of-the-client',
      }
      const shown = await ask(from, 'shop.example.com', '/a?b', { headers: lied })
      const { url, headers } = JSON.parse(shown.text) as { url: string; headers: [string, string][] }
      const said = Object.fromEntries(headers)
      expect(url).toMatch(/^https:\/\/shop\.example\.com(:\d+)?\/a\?b$/)
      expect(said['x-forwarded-proto']).toBe('https')
      expect(said['x-forwarded-for']).toMatch(/^127\.0\.0\.1\b/)
      expect(said['x-forwarded-for']).not.toContain('203.0.113.9')
      const id = said['x-request-id']!
      expect(id).not.toBe('of-the-client')
      expect(shown.headers['x-request-id']).toBe(id)
      await server.logged(id, '/a')

      const body = Buffer.alloc(4 * MB, 'x')
      const echoed = await ask(from, 'shop.example.com', '/buffered-echo', { method: 'POST', body })
      expect([echoed.status, echoed.text.length]).toEqual([200, 4 * MB])

      expect((await ask(from, 'shop.example.com', '/status?is=404')).status).toBe(404)

      // what an app streams comes before it is over, and the app hears that its client has left
      const message = await open(from, 'blog.example.com', '/endless')
      expect(message.statusCode).toBe(200)
      await once(message, 'data')
      message.destroy()
      await waitFor(async () => {
        const answer = await server.send('blog.example.com', '/record')
        return answer.json<{ aborted: number }>().aborted === 1 ? true : undefined
      })
    },
    60_000,
  )
})

interface Asked extends RequestOptions {
  readonly body?: Buffer
}

function open(
  port: number,
  host: string,
  path: string,
  { body, headers, ...more }: Asked = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path,
      servername: host,
      rejectUnauthorized: false,
      agent: false as const,
      ...more,
    }
    const sent = request({ ...options, headers: { ...(headers as object), host } }, resolve)
    sent.on('error', reject)
    sent.end(body)
  })
}

async function ask(port: number, host: string, path: string, asked?: Asked) {
  const message = await open(port, host, path, asked)
  let text = ''
  for await (const part of message.setEncoding('utf8')) text += part as string
  return { status: message.statusCode, headers: message.headers, text }
}
