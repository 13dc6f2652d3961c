/**
 * A fleet while its hosts and the nodes of its NATS cluster are killed and hang, one at a time: apps are deployed all the while,
 * through any host that is there. NANO_FLEET_DEPLOYS says how often; `npm run test:fleet` for many.
 *
 * Holds: a change that was acknowledged is served by every host in the end, and no request to a host that is there fails.
 */

import { readFileSync } from 'node:fs'

import { test } from 'vitest'

import { NO_NATS } from '../harness/nats.ts'
import { fixture, sleep, waitFor } from '../harness/serve.ts'
import { ThreeHosts } from './three-hosts.ts'
import type { Host } from './three-hosts.ts'

const DEPLOYS = Number(process.env['NANO_FLEET_DEPLOYS'] ?? 24)
const APPS = ['one', 'two', 'three']
/** Deploys of a disturbance. */
const EACH = DEPLOYS > 100 ? 8 : 4
const PAUSE_MS = 30

/** Asks hosts that are there for apps that they serve, until it ends. */
class Clients {
  readonly failures: string[] = []
  asked = 0
  #isOver = false
  readonly #done: Promise<unknown>

  constructor(fleet: ThreeHosts) {
    this.#done = Promise.all(fleet.hosts.map((host) => this.#run(host)))
  }

  async end(): Promise<void> {
    this.#isOver = true
    await this.#done
  }

  async #run(host: Host): Promise<void> {
    for (let i = 0; !this.#isOver; i++) {
      await sleep(PAUSE_MS)
      if (!host.isLive) continue
      const app = APPS[i % APPS.length]!
      const answer = await host.ask(app)
      this.asked++
      if (!/^v\d+$/.test(answer)) this.failures.push(`${host.name} ${app}: ${answer}`)
    }
  }
}

test.skipIf(NO_NATS !== undefined)(
  `${DEPLOYS} deploys while hosts and nodes are killed and hang, one at a time, are served by all in the end${NO_NATS ? ` (skipped: ${NO_NATS})` : ''}`,
  { timeout: 60_000 + DEPLOYS * 15_000 },
  async ({ expect }) => {
    await using fleet = await ThreeHosts.start()
    const acknowledged = new Map<string, string>()
    /** Until it is acknowledged, by whoever is there. */
    const deploy = async (app: string, version: string, component?: Uint8Array): Promise<void> => {
      const settings = JSON.stringify({ env: { VERSION: version } })
      for (let tries = 0; ; tries++) {
        const host = fleet.live[(tries + acknowledged.size + version.length * 7) % fleet.live.length]!
        const sent =
          component === undefined
            ? { json: JSON.parse(settings) as unknown }
            : { form: { component, settings } }
        const path = `/admin/apps/${app}?hostname=${app}.test`
        const answer = await host.admin('PUT', path, sent).catch((error: Error) => error)
        if (!(answer instanceof Error) && answer.status === 200) break
        const text = answer instanceof Error ? answer.message : answer.text
        if (tries > 20) throw new Error(`${app} ${version} through ${host.name}: ${text}`)
        await sleep(500)
      }
      acknowledged.set(app, version)
    }
    const converged = async (hosts: readonly Host[]): Promise<void> => {
      for (const host of hosts) {
        for (const [app, version] of acknowledged) {
          await waitFor(async () => (await host.ask(app)) === version || undefined, 60_000, [
            host.name,
            app,
            version,
          ])
        }
      }
    }
    for (const app of APPS) await deploy(app, 'v0', readFileSync(fixture('version')))
    await converged(fleet.hosts)
    await fleet.isHealthy()
    const clients = new Clients(fleet)
    const happened: string[] = []
    for (let i = 0; i < DEPLOYS; i += EACH) {
      const { what, begin, end } = fleet.disturbance(i / EACH)
      await begin()
      for (let j = i; j < Math.min(i + EACH, DEPLOYS); j++) await deploy(APPS[j % APPS.length]!, `v${j + 1}`)
      // whoever is there has it, although somebody is not
      await converged(fleet.live)
      await end()
      await fleet.isHealthy()
      happened.push(what)
    }
    await converged(fleet.hosts)
    await clients.end()
    expect(clients.failures).toEqual([])
    expect(clients.asked).toBeGreaterThan(DEPLOYS)
    expect(new Set(happened.map((what) => what.replace(/ \w /, ' ')))).toEqual(
      new Set(['node is killed', 'host is killed', 'node hangs', 'host hangs']),
    )
    const view = (await fleet.hosts[0]!.admin('GET', '/admin/fleet')).json<{
      apps: { app: string; failed: unknown[] }[]
    }>()
    expect(view.apps.map(({ app, failed }) => [app, failed])).toEqual(APPS.toSorted().map((app) => [app, []]))
  },
)
