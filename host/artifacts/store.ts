/**
 * Where deployed apps are kept: the components, and which of them is which app's. An interface, because a store on
 * several machines is another one; `local-store.ts` is the one on this machine's disk.
 */

import type { AssetFiles } from './asset-files.ts'
import type { ContentHash } from './blobs.ts'
import type { PulledArtifacts } from './pulled.ts'

/** What belongs to a version besides its component. */
export interface VersionSettings {
  readonly hostname: string
  /** As nano.json spells them, as JSON: everything about an app but its name, host name and path. */
  readonly settings: string
}

/** One version of an app. */
export interface StoredVersion extends VersionSettings {
  readonly app: string
  /** Counts the app's versions from 1. */
  readonly number: number
  readonly component: ContentHash
  readonly sourceMap: ContentHash | undefined
  /** JSON of the files that belong to it (assets/new-assets.ts). */
  readonly assets: ContentHash | undefined
  /** The engine of the component. */
  readonly engineHash: string
  /** What the component was found to come to when it was opened, as JSON; undefined: it has to be opened. */
  readonly image: string | undefined
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** The reference of a registry that it came from, with its digest; undefined: it was sent. */
  readonly source: string | undefined
}

/** One app that was deployed. */
export interface StoredApp {
  readonly name: string
  /** The version that serves. */
  readonly active: StoredVersion
  /** Another one, which has a part of the requests. */
  readonly canary?: Canary<StoredVersion>
  /** Of what the fleet says of the app, when this was as it says; undefined: it belongs to this host alone. */
  readonly revision?: number
}

/** A version that serves a part of an app's requests. */
export interface Canary<Version> {
  readonly version: Version
  /** Between 0 and 100. */
  readonly percent: number
}

/** A version to keep. */
export interface NewVersion extends VersionSettings {
  readonly app: string
  readonly component: Uint8Array
  readonly sourceMap?: Uint8Array | undefined
  /** JSON of the files that belong to it: they are there already. */
  readonly assets?: Uint8Array | undefined
  readonly engineHash: string
  readonly image: string | undefined
  /** The reference of a registry that it came from. */
  readonly source?: string | undefined
}

/** Which versions of an app serve. */
export interface Active {
  readonly app: string
  readonly number: number
  /** Beside it. */
  readonly canary?: Canary<number> | undefined
  /** As in `StoredApp`. */
  readonly revision?: number | undefined
}

/** A blob as it lies on the disk, for another host. */
export interface PackedBlob {
  readonly bytes: Uint8Array
  /** The blob that it is compressed against, which has to be there before. */
  readonly base: ContentHash | undefined
}

/** Everything is on the disk when a call returns, and is done completely or not at all. */
export interface ArtifactStore extends Disposable {
  /** Keeps a version that serves nobody yet. The same component and settings as the app's last version give that one. */
  add(version: NewVersion): StoredVersion
  /** A version's component comes to something else than before: there is another engine for it. */
  setImage(version: StoredVersion, image: string): void
  /** From now on this version is the app's. Throws VERSION_UNKNOWN. */
  activate(active: Active): StoredApp
  /** The app has these versions and, until others are, those that are active. Their blobs may come later. */
  mirror(app: string, versions: readonly StoredVersion[]): void
  /** Apps that have a version that serves. */
  apps(): readonly StoredApp[]
  /** Of an app, the last one first. */
  versions(app: string): readonly StoredVersion[]
  /** What came from registries for apps of the configuration. */
  readonly pulled: PulledArtifacts
  /** Files of apps, which are served from where they are. */
  readonly files: AssetFiles
  /** The bytes as they came. Throws ARTIFACT_BROKEN. */
  read(hash: ContentHash): Uint8Array
  /** Of blobs, those that are not there. */
  missing(hashes: readonly ContentHash[]): ContentHash[]
  /** Throws ARTIFACT_BROKEN. */
  pack(hash: ContentHash): PackedBlob
  /** Keeps what `pack` gave on another host. Throws ARTIFACT_BROKEN when it is not what its name says. */
  unpack(hash: ContentHash, bytes: Uint8Array): void
  /** The app and all its versions go. False: there was none. */
  remove(app: string): boolean
  /** Takes away what no version needs. Gives how many blobs went. */
  collect(): number
}
