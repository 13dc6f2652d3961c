/**
 * A server that is killed again and again while apps are deployed: what it has acknowledged serves after the restart, and
 * nothing that is kept is broken. NANO_CRASH_ROUNDS says how often; `npm run test:crash` for many.
 */

import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, test } from 'vitest'

import { toAsk } from '../harness/admin.ts'
import type { Ask } from '../harness/admin.ts'
import { send } from '../harness/http.ts'
import { startNano } from '../harness/process.ts'
import type { ServerProcess } from '../harness/process.ts'
import { fixture, sleep, waitFor } from '../harness/serve.ts'
import { toVariant } from '../harness/variant.ts'

const ROUNDS = Number(process.env['NANO_CRASH_ROUNDS'] ?? 3)
const ROUND_MS = 20_000
/** The server is killed after so many acknowledgements of a round, by turns, and within so many milliseconds. */
const ACKNOWLEDGED = [0, 1, 2, 4] as const
const LATEST_KILL_MS = 300
const GONE = 'gone'

const folder = mkdtempSync(join(tmpdir(), 'nano-crash-'))
afterAll(() => rmSync(folder, { recursive: true }))

const config = join(folder, 'nano.json')
writeFileSync(config, '{ "shards": 1 }')
const COMPONENT = readFileSync(fixture('version'))

/** What an app may be: the last state that was acknowledged, and those that were asked for after that. */
class Expected {
  readonly name: string
  states: string[] = [GONE]
  /** In this round. */
  acknowledged = 0
  readonly hashes = new Map<string, string>()

  constructor(name: string) {
    this.name = name
  }

  /** Deploys, and sometimes deletes, until the server is gone. */
  async drive(ask: Ask, round: number): Promise<void> {
    this.acknowledged = 0
    for (let i = 0; ; i++) {
      const isGoing = i % 5 === 4 && this.name === 'comes-and-goes'
      const state = isGoing ? GONE : `${round}.${i}`
      this.states.push(state)
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const status = await (isGoing ? this.#delete(ask) : this.#put(ask, state)).catch(() => undefined)
      if (status === undefined) return
      if (status !== 200) throw new Error(`${this.name} ${state}: ${status}`)
      this.states = [state]
      this.acknowledged++
    }
  }

  async #put(ask: Ask, version: string): Promise<number> {
    const component = toVariant(COMPONENT)
    this.hashes.set(version, createHash('sha256').update(component).digest('hex'))
    const settings = JSON.stringify({ hostname: `${this.name}.test`, env: { VERSION: version } })
    const { status } = await ask('PUT', `/admin/apps/${this.name}`, { form: { settings, component } })
    return status
  }

  async #delete(ask: Ask): Promise<number> {
    const { status } = await ask('DELETE', `/admin/apps/${this.name}`)
    return status
  }
}

async function toState({ port }: ServerProcess, name: string): Promise<string> {
  const { status, text } = await send(port, { host: `${name}.test`, path: '/' })
  if (status === 404) return GONE
  return status === 200 ? text.split(' ', 1)[0]! : `${status} ${text}`
}

test(
  `serves what was acknowledged, ${ROUNDS} times`,
  async ({ expect }) => {
    const apps = ['a', 'b', 'comes-and-goes'].map((name) => new Expected(name))
    let acknowledged = 0
    let unfinished = 0
    for (let round = 0; round <= ROUNDS; round++) {
      await using nano = await startNano(config)
      const ask = toAsk({ adminUrl: `http://127.0.0.1:${nano.adminPort}` })
      for (const app of apps) {
        const state = await toState(nano, app.name)
        expect(app.states, `${app.name} after round ${round}`).toContain(state)
        if (state !== app.states[0]) unfinished++
        app.states = [state]
        if (state === GONE) continue
        const { versions } = (await ask('GET', `/admin/apps/${app.name}/versions`)).json<{
          versions: { version: number; serves: boolean; component: string }[]
        }>()
        const serving = versions.find(({ serves }) => serves)!
        expect(serving.component).toBe(app.hashes.get(state))
        const { body } = await ask('GET', `/admin/apps/${app.name}/versions/${serving.version}/component`)
        expect(createHash('sha256').update(body).digest('hex')).toBe(serving.component)
      }
      if (round === ROUNDS) break
      const driven = apps.map((app) => app.drive(ask, round))
      const least = ACKNOWLEDGED[round % ACKNOWLEDGED.length]!
      await waitFor(
        () => apps.reduce((sum, app) => sum + app.acknowledged, 0) >= least || undefined,
        ROUND_MS,
      )
      // any moment of what follows: these are spread over the rounds
      await sleep((round * 137) % LATEST_KILL_MS)
      nano.kill('SIGKILL')
      await nano.exited
      await Promise.all(driven)
      acknowledged += apps.reduce((sum, app) => sum + app.acknowledged, 0)
    }
    expect(acknowledged).toBeGreaterThan(ROUNDS)
    if (ROUNDS > 3) {
      console.log(
        `${ROUNDS} kills, ${acknowledged} acknowledged deploys and deletions, ${unfinished} unacknowledged that serve`,
      )
    }
  },
  (ROUNDS + 1) * ROUND_MS,
)
