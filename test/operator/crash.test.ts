/**
 * A server that is killed again and again while apps are deployed and share their requests: what it has acknowledged serves after the restart, and
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
import type { Answer } from '../harness/http.ts'
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
/** Enough that each of two versions that share them gets one. */
const CLIENTS = 60

const folder = mkdtempSync(join(tmpdir(), 'nano-crash-'))
afterAll(() => rmSync(folder, { recursive: true }))

const config = join(folder, 'nano.json')
writeFileSync(config, '{ "shards": 1, "trusted_proxies": ["127.0.0.1"] }')
const COMPONENT = readFileSync(fixture('version'))

/** A change, and what the app is once it is acknowledged: a version, or two and the second one's part. */
interface Step {
  readonly state: string
  readonly run: () => Promise<Answer>
}

/** What an app may be: the last state that was acknowledged, and those that were asked for after that. */
class Expected {
  readonly name: string
  states: string[] = [GONE]
  /** In this round. */
  acknowledged = 0
  /** By hash of their components. */
  readonly versions = new Map<string, string>()
  /** Of the version that came last. */
  #number = 0

  constructor(name: string) {
    this.name = name
  }

  /** Changes it until the server is gone. */
  async drive(ask: Ask, round: number): Promise<void> {
    this.acknowledged = 0
    for (let i = 0; ; i++) {
      const { state, run } = this.#toStep(ask, round, i)
      this.states.push(state)
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const answer = await run().catch(() => undefined)
      if (answer === undefined) return
      if (answer.status !== 200) throw new Error(`${this.name} ${state}: ${answer.text}`)
      this.#number = answer.json<{ version?: number }>().version ?? this.#number
      this.states = [state]
      this.acknowledged++
    }
  }

  #toStep(ask: Ask, round: number, i: number): Step {
    const state = `${round}.${i}`
    if (this.name === 'comes-and-goes' && i % 5 === 4) {
      return { state: GONE, run: () => ask('DELETE', `/admin/apps/${this.name}`) }
    }
    const [all = GONE, beside, percent] = this.states[0]!.split(' ')
    if (this.name !== 'shared' || all === GONE) return this.#toPut(ask, state)
    // one beside it, then more of it, and at last the one or the other
    if (beside === undefined) return { ...this.#toPut(ask, state, 30), state: `${all} ${state} 30` }
    if (percent === '30') return this.#toPromote(ask, `${all} ${beside} 70`, 70)
    return i % 2 === 0 ? this.#toPromote(ask, all, 0) : this.#toPromote(ask, beside, 100)
  }

  #toPut(ask: Ask, version: string, percent = 100): Step {
    const component = toVariant(COMPONENT)
    this.versions.set(createHash('sha256').update(component).digest('hex'), version)
    const settings = JSON.stringify({ hostname: `${this.name}.test`, env: { VERSION: version } })
    const path = `/admin/apps/${this.name}?percent=${percent}`
    return { state: version, run: () => ask('PUT', path, { form: { settings, component } }) }
  }

  #toPromote(ask: Ask, state: string, percent: number): Step {
    const json = { version: this.#number, percent }
    return { state, run: () => ask('POST', `/admin/apps/${this.name}/promote`, { json }) }
  }

  /** What it is, as the admin API says it; throws unless that is what clients get, of components that are whole. */
  async read({ port }: ServerProcess, ask: Ask): Promise<string> {
    const listed = await ask('GET', `/admin/apps/${this.name}/versions`)
    const { versions = [] } = listed.json<{ versions?: ListedVersion[] }>()
    const serving = versions.filter(({ percent }) => percent > 0).sort((a, b) => a.version - b.version)
    const names = serving.map(({ component }) => this.versions.get(component)!)
    // whoever is asked for has one of them, and among so many there is one for each
    const clients = serving.length < 2 ? 1 : CLIENTS
    const answers = new Set<string>()
    for (let client = 0; client < clients; client++) {
      const headers = { 'x-forwarded-for': `203.0.113.${client}` }
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const { status, text } = await send(port, { host: `${this.name}.test`, path: '/', headers })
      answers.add(status === 404 ? GONE : text.split(' ', 1)[0]!)
    }
    if ([...answers].sort().join() !== [...(names.length === 0 ? [GONE] : names)].sort().join()) {
      throw new Error(`${this.name} answers with ${[...answers].join()}, and should with ${names.join()}`)
    }
    for (const { version, component } of serving) {
      // oxlint-disable-next-line no-await-in-loop
      const { body } = await ask('GET', `/admin/apps/${this.name}/versions/${version}/component`)
      if (createHash('sha256').update(body).digest('hex') !== component) {
        throw new Error(`the component of ${this.name} version ${version} is another one`)
      }
    }
    const { version, percent } = serving.at(-1) ?? { version: 0, percent: 0 }
    this.#number = version
    return serving.length < 2 ? names.join() || GONE : `${names.join(' ')} ${percent}`
  }
}

interface ListedVersion {
  readonly version: number
  readonly percent: number
  readonly component: string
}

test(
  `serves what was acknowledged, ${ROUNDS} times`,
  async ({ expect }) => {
    const apps = ['a', 'shared', 'comes-and-goes'].map((name) => new Expected(name))
    let acknowledged = 0
    let unfinished = 0
    for (let round = 0; round <= ROUNDS; round++) {
      await using nano = await startNano(config)
      const ask = toAsk({ adminUrl: `http://127.0.0.1:${nano.adminPort}` })
      for (const app of apps) {
        const state = await app.read(nano, ask)
        expect(app.states, `${app.name} after round ${round}`).toContain(state)
        if (state !== app.states[0]) unfinished++
        app.states = [state]
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
        `${ROUNDS} kills, ${acknowledged} acknowledged changes, ${unfinished} unacknowledged that serve`,
      )
    }
  },
  (ROUNDS + 1) * ROUND_MS,
)
