/**
 * Changes of a fleet without a host of it: the admin API, in this process, over the fleet's own agreement. It is what a host
 * does with a deploy but for serving it: the component is opened, settings are checked, what it is made of goes to the fleet's
 * bucket, and the hosts agree. It is asked over a Unix socket that this process alone can open.
 */

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { parseSettings } from '../config/parse-settings.ts'
import { readConfig } from '../config/parse.ts'
import { Opener } from '../deploy/opener.ts'
import { NanoError } from '../errors.ts'
import { toLogEntry } from '../log/entry.ts'
import { LogHub } from '../log/hub.ts'
import { openOperator } from '../operator/listen.ts'
import { RecentErrors } from '../operator/recent-errors.ts'
import type { ServedApps } from '../operator/admin/services.ts'
import { DeployedApps } from '../registry/deployed.ts'
import { joinFleet, toAgreement } from '../registry/join-fleet.ts'
import { Registry } from '../registry/registry.ts'
import { usage } from './usage.ts'
import { readVersion } from './version.ts'

/** Where it is asked, and with which token, until it is given up. */
export interface DirectFleet extends AsyncDisposable {
  readonly socketPath: string
  readonly token: string
}

/** For the servers to be reached. */
const REACH_MS = 5000

/** A folder that this process has until it ends. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nano-fleet-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** `file`: the configuration of a host of the fleet. Rejects with USAGE, CONFIG_INVALID, FLEET_UNAVAILABLE. */
export async function openDirectFleet(file: string, folder: string): Promise<DirectFleet> {
  const config = readConfig(file)
  if (config.fleet === undefined) throw usage(`${file}: expected a "fleet", got none`)
  const stack = new AsyncDisposableStack()
  try {
    const token = randomBytes(16).toString('hex')
    const socketPath = join(folder, 'socket')
    const hub = new LogHub(() => {})
    const opener = stack.use(new Opener({ ...config, dataDirectory: folder, stays: true }))
    const about = { release: readVersion(), log: () => {} }
    const fleet = stack.use((await joinFleet(config.fleet, folder, opener, about))!)
    const registry = new Registry({ opener })
    const deployed = new DeployedApps({
      registry,
      opener,
      parse: (app) => parseSettings(app, config.defaults),
      onBroken() {},
      ...toAgreement(fleet, opener),
    })
    await fleet.connection.firstWithin(REACH_MS)
    await fleet.observe()
    const operator = await openOperator(
      { admin: { host: 'localhost', port: 0, socket: socketPath }, token, appsPort: 0, isWritable: true },
      {
        state: () => ({ wanted: 0, listening: 0, restarts: 0, isClosing: false }),
        count: async () => notHere(),
        tenants: async () => [],
        apps: (): ServedApps => ({
          fleet,
          deployed,
          registry: {
            get apps() {
              return notHere()
            },
            expectFree: notHere,
            purge: notHere,
          },
          get storage() {
            return notHere()
          },
          get queues() {
            return notHere()
          },
          run: notHere,
          reload: notHere,
          plan: notHere,
          readFile: notHere,
          pull: notHere,
        }),
        errors: new RecentErrors(hub.ring),
        logs: hub.ring,
        log: (entry) => hub.write(toLogEntry(entry)),
      },
    )
    stack.defer(async () => await operator?.close())
    return { socketPath, token, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

function notHere(): never {
  throw new NanoError('NOT_FOUND', 'only a host can tell: name one in NANO_ADMIN_URL')
}
