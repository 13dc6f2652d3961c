/** How apps are put into the registry, share its requests, and go. */

import type { OnNote } from '../deploy/opener.ts'
import type { OpenComponent } from '../deploy/opening.ts'
import type { Owner } from './served-app.ts'

/** How an app is put. */
export interface PutOptions {
  readonly owner?: Owner
  /** Its number, of one that was deployed. */
  readonly version?: number
  /** What is to be done when every shard has the version, before it serves: if it fails, nothing has changed. */
  readonly commit?: () => Promise<void>
  /** The app's component, when it was opened already. */
  readonly component?: OpenComponent
  /** The canary keeps its part; else it goes. */
  readonly keepsCanary?: boolean
  readonly onNote?: OnNote
}

/** How an app goes. */
export interface RemoveOptions {
  /** What is to be done before: if it fails, nothing has changed. */
  readonly commit?: () => Promise<void>
  /** What it has begun is cut, and over when it is removed. */
  readonly isAtOnce?: boolean
}

/** How much of an app's requests a canary gets. */
export interface ShareOptions {
  readonly owner?: Owner
  /** 0 takes it back; with 100 it serves in place of the other one. */
  readonly percent: number
  /** As of `PutOptions`. */
  readonly commit?: () => Promise<void>
}
