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

const onShards = (count: number): Place => ({
  name: `on ${count} shards`,
  missing: undefined,
  async open(apps) {
    const served = await serve([...apps], count)
    return { caller: served, others: served, [Symbol.asyncDispose]: () => served.close() }
  },
})

/** Of one shard each. */
export const TWO_HOSTS: Place = {
  name: `on two hosts of a fleet${NO_NATS === undefined ? '' : ` (skipped: ${NO_NATS})`}`,
  missing: NO_NATS,
  async open([first, ...rest]) {
    await using stack = new AsyncDisposableStack()
    const folder = mkdtempSync(join(tmpdir(), 'nano-places-'))
    stack.defer(() => rmSync(folder, { recursive: true, force: true }))
    const key = { file: join(folder, 'key') }
    writeFileSync(key.file, 'a key of the fleet, which is long enough')
    const nats = stack.use(await NatsServer.start())
    const host = async (name: string, apps: readonly AppSpec[]): Promise<Served> =>
      stack.use(
        await serve([...apps], 1, {
          fleet: { nats: nats.url, host: name, key },
          dataDirectory: join(folder, name),
        }),
      )
    const { name, services = [] } = first! as AppSpec & { services?: { service?: string }[] }
    const away = services.map((each) =>
      each.service === undefined || each.service === name ? each : { ...each, host: 'b' },
    )
    const others = await host(
      'b',
      rest.map((app) => ({ ...app, called_by: [name] })),
    )
    const caller = await host('a', [{ ...first!, services: away }])
    const moved = stack.move()
    return { caller, others, [Symbol.asyncDispose]: () => moved.disposeAsync() }
  },
}

export const PLACES: readonly Place[] = [onShards(1), onShards(3), TWO_HOSTS]
