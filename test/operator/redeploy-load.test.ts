/**
 * Clients of twenty apps, of the configuration's and of deployed ones, while one of these is deployed again and again, another
 * app comes and goes, and the file is rewritten, each time with another version of one of its apps.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, test } from 'vitest'

import { TOKEN, toAsk } from '../harness/admin.ts'
import { keepAlive, send } from '../harness/http.ts'
import { fixture } from '../harness/serve.ts'
import { serveFile } from '../harness/serve-file.ts'

const APPS = 20
const OF_THE_FILE = 5
const DEPLOYS = 50
const RETURNS = 20
const REWRITES = 20
const CLIENTS_OF_EACH = 2

const folder = mkdtempSync(join(tmpdir(), 'nano-load-'))
afterAll(() => rmSync(folder, { recursive: true }))

const COMPONENT = readFileSync(fixture('version'))

test('fail no request, and each answer is of a version that was live while it was asked for', async ({
  expect,
}) => {
  const toFileApp = (name: string, version: string) => ({
    name,
    hostname: `${name}.test`,
    path: fixture('version'),
    env: { VERSION: version },
  })
  const ofTheFile = Array.from({ length: OF_THE_FILE }, (_, i) => `file-${i}`)
  const deployed = Array.from({ length: APPS - OF_THE_FILE }, (_, i) => `app-${i}`)
  const names = [...ofTheFile, ...deployed]
  await using served = await serveFile(
    ofTheFile.map((name) => toFileApp(name, '0')),
    { top: { admin: { port: 0 } }, adminToken: TOKEN, dataDirectory: join(folder, 'data') },
  )
  const { server } = served
  const ask = toAsk(server)
  const put = async (name: string, version: string) => {
    const { status, text } = await ask('PUT', `/admin/apps/${name}`, {
      form: {
        settings: JSON.stringify({ hostname: `${name}.test`, env: { VERSION: version } }),
        component: COMPONENT,
      },
    })
    if (status !== 200) throw new Error(text)
  }
  for (const name of deployed) await put(name, '0')

  /** Of each app the last version that was acknowledged, and the last that was asked for. */
  const live = new Map(names.map((name) => [name, { acknowledged: 0, asked: 0 }]))
  const state = { isOn: true, answers: 0 }
  const failures: string[] = []
  const client = async (name: string): Promise<void> => {
    const agent = keepAlive(1)
    const known = live.get(name)!
    while (state.isOn) {
      const least = known.acknowledged
      const answer = await send(server.port, { host: `${name}.test`, path: '/', agent }).catch(String)
      const most = known.asked
      const version = typeof answer === 'string' ? NaN : Number(answer.text.split(' ', 1)[0])
      state.answers++
      if (typeof answer === 'string' || answer.status !== 200 || !(version >= least && version <= most)) {
        const got = typeof answer === 'string' ? answer : `${answer.status} ${answer.text}`
        failures.push(`${name}, ${least} to ${most}: ${got}`)
      }
    }
    agent.destroy()
  }
  const clients = names.flatMap((name) => Array.from({ length: CLIENTS_OF_EACH }, () => client(name)))
  /** The app gets version after version. */
  const change = async (name: string, times: number, to: (version: string) => Promise<unknown>) => {
    const known = live.get(name)!
    for (let version = 1; version <= times; version++) {
      known.asked = version
      await to(String(version))
      known.acknowledged = version
    }
  }
  const comeAndGo = async (): Promise<void> => {
    for (let i = 1; i <= RETURNS; i++) {
      await put('guest', String(i))
      const { text } = await served.send('guest.test')
      expect(text).toMatch(new RegExp(`^${i} `))
      expect((await ask('DELETE', '/admin/apps/guest')).status).toBe(200)
      expect((await served.send('guest.test')).status).toBe(404)
    }
  }
  const [changing = '', ...same] = ofTheFile
  const rewrite = async (version: string): Promise<void> => {
    served.write([toFileApp(changing, version), ...same.map((name) => toFileApp(name, '0'))])
    const { changed, unchanged } = await server.reload()
    expect([changed, unchanged]).toEqual([[changing], same])
  }
  await Promise.all([
    change(deployed[0]!, DEPLOYS, (version) => put(deployed[0]!, version)),
    change(changing, REWRITES, rewrite),
    comeAndGo(),
  ])
  state.isOn = false
  await Promise.all(clients)
  expect(failures).toEqual([])
  expect(state.answers).toBeGreaterThan(1000)
  expect([changing, deployed[0]!].map((name) => live.get(name)!.acknowledged)).toEqual([REWRITES, DEPLOYS])
  expect((await ask('GET', '/admin/apps')).json()['apps']).toHaveLength(APPS)
}, 300_000)
