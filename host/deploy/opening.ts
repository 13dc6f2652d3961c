/** What the main thread asks the opener's thread for, and what comes back: types only. See `opener.ts`. */

import type { SharedManifest } from '../assets/manifest.ts'
import type { NewAssets } from '../assets/new-assets.ts'
import type { ContentHash } from '../artifacts/blobs.ts'
import type { Active, NewVersion, PackedBlob, StoredApp, StoredVersion } from '../artifacts/store.ts'
import type { EngineCounters } from '../engine/engine.ts'
import type { CompiledEngine } from '../engine/guest.ts'
import type { Env } from '../config/env.ts'
import type { OciSettings } from '../config/oci-settings.ts'
import type { AppContent } from '../image/image.ts'
import type { ComponentReads } from './env-image.ts'
import type { ContentId } from '../image/packed.ts'
import type { ForeignCode } from '../transpile/transpile.ts'
import type { KeptImage } from './image-files.ts'
import type { Brought, SourceAccess } from './open-component.ts'

/** What the thread is started with. */
export interface OpenerData {
  /** Hashes of engines that the operator admits besides those of the release. */
  readonly engines: readonly string[]
  /** Where deployed apps are kept; undefined: nowhere. */
  readonly dataDirectory: string | undefined
}

/** What a component is opened from: asked again, it gives the same, as long as nobody has changed it. */
export type Origin =
  | { readonly type: 'component'; readonly ask: Requests['component']['ask'] }
  | { readonly type: 'stored'; readonly ask: StoredVersion }
  | { readonly type: 'env-image'; readonly ask: Requests['env-image']['ask'] }

/** A component that was checked. Its content is loaded when it is needed. Apps may share it. */
export interface OpenComponent extends KeptImage {
  readonly origin: Origin
  /** Files that belong to it. */
  readonly assets?: SharedManifest | undefined
  /** It came from a registry. */
  readonly pulled?: PulledNote | undefined
  /** Of a component from elsewhere: what serves it. */
  readonly foreign?: ForeignCode | undefined
  /** Given where it could not be kept on the disk. */
  readonly held?: AppContent | undefined
  /** Of an image that is sealed: nothing writes it down. */
  readonly key?: Uint8Array | undefined
}

/** What is known of a component that came from a registry. */
export interface PulledNote {
  /** What its reference has led to. */
  readonly digest: string
  /** What it says of itself, as JSON; undefined: nothing. */
  readonly settings: string | undefined
}

/** What can be asked for, with the answer to each. */
export interface Requests {
  /** The component at a path, or built from it. */
  component: {
    ask: {
      readonly path: string
      readonly access: SourceAccess
      /** Although it is known what it comes to. */
      readonly isAnew?: boolean
    }
    answer: OpenComponent
  }
  /** What a reference of a registry leads to, pulled now; its files are kept. */
  pull: {
    ask: { readonly reference: string; readonly oci: OciSettings | undefined }
    answer: PulledNote & {
      readonly component: Uint8Array
      readonly sourceMap: Uint8Array | undefined
      readonly assets: NewAssets | undefined
    }
  }
  /** What other references have led to goes. */
  'name-pulled': { ask: readonly string[]; answer: undefined }
  /** The bytes of it. */
  file: { ask: { readonly path: string; readonly access: SourceAccess }; answer: Brought }
  engine: { ask: string; answer: { readonly engine: CompiledEngine; readonly counters: EngineCounters } }
  /** Keep a version, and open it. */
  add: {
    ask: Omit<NewVersion, 'image' | 'engineHash'>
    answer: { readonly version: StoredVersion; readonly component: OpenComponent }
  }
  /** The component of a version that is kept. */
  stored: {
    ask: StoredVersion
    answer: { readonly component: OpenComponent; readonly componentBytes: number }
  }
  /** The image of a component for one deployment. */
  'env-image': {
    ask: {
      readonly origin: Exclude<Origin, { type: 'env-image' }>
      readonly reads: ComponentReads
      readonly env: Env
      /** Although it is known what it comes to. */
      readonly isAnew?: boolean
    }
    answer: { readonly component: Omit<OpenComponent, 'assets'>; readonly isMade: boolean }
  }
  /** The files of a version that is kept, if it has some. */
  assets: { ask: StoredVersion; answer: SharedManifest | undefined }
  /** Of files, those that are not there: by their hashes. */
  'missing-files': { ask: readonly string[]; answer: readonly string[] }
  /** Keep a file for a deploy that is to come. */
  'put-file': { ask: { readonly hash: string; readonly bytes: Uint8Array }; answer: undefined }
  /** The bytes that were kept. */
  read: { ask: ContentHash; answer: Uint8Array }
  /** Those that are kept. What is known of a component whose engine is not served any more is left out. */
  apps: { ask: undefined; answer: readonly StoredApp[] }
  versions: { ask: string; answer: readonly StoredVersion[] }
  activate: { ask: Active; answer: StoredApp }
  /** The app has these versions, says the fleet. */
  mirror: { ask: { readonly app: string; readonly versions: readonly StoredVersion[] }; answer: undefined }
  /** Of what was kept, what is not here. */
  missing: { ask: readonly ContentHash[]; answer: readonly ContentHash[] }
  /** What was kept, for another host, and from one. */
  pack: { ask: ContentHash; answer: PackedBlob }
  unpack: { ask: { readonly hash: ContentHash; readonly bytes: Uint8Array }; answer: undefined }
  /** The bytes of a file. */
  'read-file': { ask: string; answer: Uint8Array }
  remove: { ask: string; answer: boolean }
  /** Give up images on the disk that none of these is and that were not used for longest. Gives how many. */
  prune: { ask: readonly ContentId[]; answer: number }
}

/** What is said on the way. */
export type OpeningNote =
  /** A step begins that takes seconds. */
  | { readonly type: 'building' }
  | { readonly type: 'generating' }
  /** A registry was asked what a reference leads to. */
  | { readonly type: 'pulled'; readonly text: string }
  /** Something is missing without which the app can be served. */
  | { readonly type: 'warning'; readonly text: string }
  /** What a component, good or not, is built from: files, and directories in which something is missing. */
  | { readonly type: 'inputs'; readonly paths: readonly string[] }
