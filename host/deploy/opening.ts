/** What the main thread asks the opener's thread for, and what comes back: types only. See `opener.ts`. */

import type { EngineCounters } from '../engine/engine.ts'
import type { Engine } from '../engine/instantiate.ts'
import type { ErrorCode } from '../errors.ts'
import type { OpenComponent, SourceAccess } from './open-component.ts'

/** What the thread is started with. */
export interface OpenerData {
  /** Hashes of engines that the operator admits besides those of the release. */
  readonly engines: readonly string[]
}

export type Wanted =
  | { readonly type: 'component'; readonly path: string; readonly access: SourceAccess }
  | { readonly type: 'engine'; readonly hash: string }

export interface Asked {
  readonly id: number
  readonly wanted: Wanted
}

/** What is said on the way. */
export type OpeningNote =
  /** A step begins that takes seconds. */
  | { readonly type: 'building' }
  | { readonly type: 'generating' }
  /** Something is missing without which the app can be served. */
  | { readonly type: 'warning'; readonly text: string }

export type Opened =
  | { readonly type: 'component'; readonly component: OpenComponent }
  | { readonly type: 'engine'; readonly engine: Engine; readonly counters: EngineCounters }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string; readonly stack: string }

export type FromOpener =
  | { readonly id: number; readonly note: OpeningNote }
  | { readonly id: number; readonly opened: Opened }
