/** A version that is about to serve, and what it takes of the version before it where a deploy does not give it. */

import type { NewAssets } from '../assets/new-assets.ts'
import type { StoredVersion } from '../artifacts/store.ts'
import type { OpenComponent } from '../deploy/opening.ts'
import type { Opener } from '../deploy/opener.ts'
import { NanoError } from '../errors.ts'
import type { NewDeploy } from './new-deploy.ts'

/** A version to be served. */
export interface OpenVersion {
  readonly version: StoredVersion
  readonly component: OpenComponent
  readonly componentBytes: number
}

/** What a version is made of. */
export interface Parts {
  readonly component: Uint8Array
  readonly sourceMap: Uint8Array | undefined
  /** JSON of its files. */
  readonly assets: Uint8Array | undefined
}

/** Of an app that is files alone. */
const NO_COMPONENT = new Uint8Array(0)

/** What a deploy gives, and else the version before it had, which is on this host. Rejects with REQUEST_INVALID. */
export async function toParts(
  { app, component, sourceMap, assets }: NewDeploy,
  before: StoredVersion | undefined,
  opener: Pick<Opener, 'ask'>,
): Promise<Parts> {
  const files = await toAssets(assets, before, opener)
  if (component !== undefined) return { component, sourceMap, assets: files }
  if (before === undefined && assets !== undefined)
    return { component: NO_COMPONENT, sourceMap: undefined, assets: files }
  return { ...(await readKept(app, before, opener)), assets: files }
}

async function toAssets(
  given: NewAssets | undefined,
  before: StoredVersion | undefined,
  opener: Pick<Opener, 'ask'>,
): Promise<Uint8Array | undefined> {
  if (given !== undefined) return Buffer.from(JSON.stringify(given))
  return before?.assets === undefined ? undefined : await opener.ask('read', before.assets)
}

async function readKept(app: string, before: StoredVersion | undefined, opener: Pick<Opener, 'ask'>) {
  if (before === undefined) {
    throw new NanoError('REQUEST_INVALID', `app ${app} has no version yet: expected a component, got none`)
  }
  const { component, sourceMap } = before
  return {
    component: await opener.ask('read', component),
    sourceMap: sourceMap === undefined ? undefined : await opener.ask('read', sourceMap),
  }
}
