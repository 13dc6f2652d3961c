/**
 * What all shards serve, and the steps in which that changes: types only, in a form that can be posted to a thread.
 *
 *     deploy  >  the version is ready on every shard, and gets no request
 *     switch  >  a host name leads to it, to it and another version, or to nothing; what was begun stays where it is
 *     retire  >  the version before drains, and goes
 *
 * A shard that starts gets the state; one that runs gets each change, in order. So the two never differ for long.
 */

import type { Purge } from '../cache/response-store.ts'
import type { CompiledEngine } from '../engine/guest.ts'
import type { Share } from '../router/split.ts'
import type { Deployment } from './deployment.ts'

/** Where requests for a host name go. */
export interface Route {
  /** The app's name. */
  readonly app: string
  /** Canonical. */
  readonly hostname: string
  /** It takes the requests for host names of which nobody knows, too. */
  readonly isFallback: boolean
  /** Undefined: the app cannot be served, and its requests are refused. */
  readonly deployment: number | undefined
  /** Another version, which has a part of the requests. Never without the one above. */
  readonly canary?: CanaryRoute | undefined
  /** What its requests are told then, while it is developed; undefined: that it cannot be served, and no more. */
  readonly notice?: string | undefined
}

/** A version that gets a part of an app's requests. */
export interface CanaryRoute extends Share {
  readonly deployment: number
}

/** Everything that a shard serves. */
export interface ServedState {
  /** Those that no route leads to yet are about to be switched to. */
  readonly deployments: readonly Deployment[]
  readonly routes: readonly Route[]
  /** By hash: those of the deployments. */
  readonly engines: ReadonlyMap<string, CompiledEngine>
}

/** One step. */
export type Change =
  | { readonly type: 'deploy'; readonly deployment: Deployment; readonly engine: CompiledEngine }
  /** `from`: the host name that led to the app before; `to`: undefined when the app goes. */
  | { readonly type: 'switch'; readonly from: string | undefined; readonly to: Route | undefined }
  /** Responses of the app that are kept go: all, or those of URLs and with tags. */
  | ({ readonly type: 'purge'; readonly app: string } & Purge)
  /** Versions of the app that are retired are over when this is applied: what they have begun is cut. */
  | { readonly type: 'end'; readonly app: string }
  /** `graceMs`: how long what it has begun may take. */
  | { readonly type: 'retire'; readonly deployment: number; readonly graceMs: number }
