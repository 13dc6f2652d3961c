/** Where apps that call one another are: on shards of one host, or on two hosts of a fleet. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { NatsServer, NO_NATS } from './nats.ts'
import { serve } from './serve.ts'
import type { AppSpec, Served } from './serve.ts'

/** Apps that are served. */
export interface Placed extends AsyncDisposable {
  /** Where the first app is, which calls, and where the others are. */
  readonly caller: Served
  readonly others: Served
}

export interface Place {
  readonly name: string
  readonly missing: string | undefined
  readonly open: (apps: readonly AppSpec[]) => Promise<Placed>
}

export const onShards = (count: number): Place => ({
  name: `on ${count} shards`,
  missing: undefined,
  async open(apps) {
    await using stack = new AsyncDisposableStack()
    const storageDirectory = stack.adopt(mkdtempSync(join(tmpdir(), 'nano-places-')), (folder) =>
      rmSync(folder, { recursive: true, force: true }),
    )
    const served = stack.use(await serve([...apps], count, { storageDirectory }))
    const moved = stack.move()
    return { caller: served, others: served, [Symbol.asyncDispose]: () => moved.disposeAsync() }
  },
})

const MISSING = NO_NATS === undefined ? '' : ` (skipped: ${NO_NATS})`

/** Hosts of a fleet of their own, of one shard each. */
async function openFleet(
  open: (host: (name: string, apps: readonly AppSpec[]) => Promise<Served>) => Promise<Omit<Placed, symbol>>,
): Promise<Placed> {
  await using stack = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'nano-places-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const key = { file: join(folder, 'key') }
  writeFileSync(key.file, 'a key of the fleet, which is long enough')
  const nats = stack.use(await NatsServer.start())
  const hosts = await open(async (name, apps) => {
    const settings = { nats: nats.url, host: name, key } as const
    return stack.use(await serve([...apps], 1, { fleet: settings, dataDirectory: join(folder, name) }))
  })
  const moved = stack.move()
  return { ...hosts, [Symbol.asyncDispose]: () => moved.disposeAsync() }
}

/** The first app on one of them, and the others on the other. */
export const TWO_HOSTS: Place = {
  name: `on two hosts of a fleet${MISSING}`,
  missing: NO_NATS,
  open: ([first, ...rest]) =>
    openFleet(async (host) => {
      const { name, services = [] } = first! as AppSpec & { services?: { service?: string }[] }
      const away = services.map((each) =>
        each.service === undefined || each.service === name ? each : { ...each, host: 'b' },
      )
      const others = await host(
        'b',
        rest.map((app) => ({ ...app, called_by: [name] })),
      )
      return { others, caller: await host('a', [{ ...first!, services: away }]) }
    }),
}

/** All apps on both of them. */
export const TWINS: Place = {
  name: `on two hosts that serve the same${MISSING}`,
  missing: NO_NATS,
  open: (apps) =>
    openFleet(async (host) => ({ others: await host('b', apps), caller: await host('a', apps) })),
}

export const PLACES: readonly Place[] = [onShards(1), onShards(3), TWO_HOSTS]
