/**
 * So many distinct apps that were deployed: a data directory with a version of each, and a cache directory of their own with
 * their packed images. Making ten thousand takes minutes, so that they are kept for the next run of the bench, which goes on
 * where one was cut.
 *
 *     <own cache>/bench-fleet/<hello's hash>/N/cache    engine, images
 *                                             /data     the catalog, moved into place when all of them are there
 */

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { LocalStore } from '../host/artifacts/local-store.ts'
import { findOwnCache } from '../host/deploy/open-engines.ts'
import { DistinctApps } from '../test/harness/distinct.ts'
import type { Bench } from './figure.ts'
import { toHosts } from './hosts.ts'
import { buildExample } from './nano.ts'

export interface Fleet {
  /** A cache directory that has what the apps are made of. */
  readonly cache: string
  readonly data: string
  readonly hosts: readonly string[]
}

/** Enough apps for what does not depend on how many there are. */
export const FEW = 1000

/** Another app, so that the images of the fleet are packed against what is not their own. */
const OTHER = 'classic'

export async function openFleet(bench: Bench, apps: number): Promise<Fleet> {
  const all = join(findOwnCache(), 'bench-fleet')
  const root = toHash(readFileSync(bench.component))
  // gigabytes of another hello
  const outdated = existsSync(all) ? readdirSync(all).filter((name) => name !== root) : []
  for (const name of outdated) rmSync(join(all, name), { recursive: true })
  const [cache, data] = ['cache', 'data'].map((name) => join(all, root, String(apps), name)) as [
    string,
    string,
  ]
  const hosts = toHosts(apps)
  if (existsSync(data)) return { cache, data, hosts }
  const distinct = new DistinctApps(bench.component, cache)
  await keepOther(bench, cache)
  const draft = `${data}.draft`
  {
    using store = new LocalStore(draft)
    const left = [...hosts.entries()].slice(store.apps().length)
    for (const [number, hostname] of left) {
      if (number % TELL_EACH === 0) bench.tell(`making distinct apps: ${number} of ${apps}`)
      const app = `app-${number}`
      const { engineHash, image } = distinct.keep(number)
      // they share a component: what is served is the image
      const component = Buffer.from('the component of all')
      const kept = JSON.stringify({ engineHash, image })
      store.add({ app, hostname, settings: '{}', component, engineHash, image: kept })
      store.activate({ app, number: 1 })
    }
  }
  renameSync(draft, data)
  return { cache, data, hosts }
}

const TELL_EACH = 500

/** Its image is the base of its engine. */
async function keepOther({ directory }: Bench, cache: string): Promise<void> {
  const file = join(directory, `${OTHER}.wasm`)
  await buildExample(OTHER, file)
  new DistinctApps(file, cache).keep(0)
}

function toHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16)
}
