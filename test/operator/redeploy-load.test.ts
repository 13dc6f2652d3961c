/** Clients of twenty apps while one of these is deployed again and again, and another app comes and goes. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, test } from 'vitest'

import { TOKEN, toAsk } from '../harness/admin.ts'
import { keepAlive, send } from '../harness/http.ts'
import { fixture, serve } from '../harness/serve.ts'

const APPS = 20
const DEPLOYS = 50
const RETURNS = 20
const CLIENTS_OF_EACH = 2

const folder = mkdtempSync(join(tmpdir(), 'nano-load-'))
afterAll(() => rmSync(folder, { recursive: true }))

const COMPONENT = readFileSync(fixture('version'))

test('fail no request, and each answer is of a version that was live while it was asked for', async ({
  expect,
}) => {
  await using server = await serve([], 2, {
    admin: { port: 0 },
    adminToken: TOKEN,
    dataDirectory: join(folder, 'data'),
  })
  const ask = toAsk(server)
  const put = async (name: string, version: string) => {
    const { status, text } = await ask('PUT', `/admin/apps/${name}`, {
      form: {
        settings: JSON.stringify({ hostname: `${name}.test`, env: { VERSION: version }, cpu_ms: 10_000 }),
        component: COMPONENT,
      },
    })
    if (status !== 200) throw new Error(text)
  }
  const names = Array.from({ length: APPS }, (_, i) => `app-${i}`)
  for (const name of names) await put(name, '0')

  /** Of the app that changes: the last version that was acknowledged, and the last that was asked for. */
  const live = { acknowledged: 0, asked: 0 }
  const state = { isOn: true, answers: 0 }
  const failures: string[] = []
  const client = async (name: string): Promise<void> => {
    const agent = keepAlive(1)
    while (state.isOn) {
      const isChanging = name === names[0]
      const least = isChanging ? live.acknowledged : 0
      const answer = await send(server.port, { host: `${name}.test`, path: '/', agent }).catch(String)
      const most = isChanging ? live.asked : 0
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
  const redeploy = async (): Promise<void> => {
    for (let version = 1; version <= DEPLOYS; version++) {
      live.asked = version
      await put(names[0]!, String(version))
      live.acknowledged = version
    }
  }
  const comeAndGo = async (): Promise<void> => {
    for (let i = 1; i <= RETURNS; i++) {
      await put('guest', String(i))
      const { text } = await server.send('guest.test', '/')
      expect(text).toMatch(new RegExp(`^${i} `))
      expect((await ask('DELETE', '/admin/apps/guest')).status).toBe(200)
      expect((await server.send('guest.test', '/')).status).toBe(404)
    }
  }
  await Promise.all([redeploy(), comeAndGo()])
  state.isOn = false
  await Promise.all(clients)
  expect(failures).toEqual([])
  expect(state.answers).toBeGreaterThan(1000)
  expect(live.acknowledged).toBe(DEPLOYS)
  expect((await ask('GET', '/admin/apps')).json()['apps']).toHaveLength(APPS)
}, 120_000)
