/**
 * The files of an app, as a shard knows them: where each lies and what is in it. Types, and the form in which a manifest is
 * posted: JSON in memory that threads share, read by a shard when the app gets its first request.
 */

/** Codings in which a file may lie ready, the best first. */
export const CODINGS = ['br', 'gzip'] as const
export type Coding = (typeof CODINGS)[number]

/** Bytes on the disk. */
export interface AssetFile {
  /** Relative to the root. */
  readonly file: string
  readonly size: number
}

export interface Asset extends AssetFile {
  /** SHA-256 of its bytes, in hex. */
  readonly hash: string
  readonly coded?: Readonly<Partial<Record<Coding, AssetFile>>>
}

export interface AssetManifest {
  /** Absolute. */
  readonly root: string
  /** By path, decoded: `/index.html`. */
  readonly files: Readonly<Record<string, Asset>>
  /** Text of `_headers` and `_redirects`; empty: there is none. */
  readonly headers: string
  readonly redirects: string
}

/** A manifest in shared memory. */
export type SharedManifest = Uint8Array<SharedArrayBuffer>

export function shareManifest(manifest: AssetManifest): SharedManifest {
  const text = Buffer.from(JSON.stringify(manifest))
  const shared = new Uint8Array(new SharedArrayBuffer(text.length))
  shared.set(text)
  return shared
}

export function readManifest(shared: SharedManifest): AssetManifest {
  return JSON.parse(Buffer.from(shared.buffer).toString()) as AssetManifest
}

/** What an app is told about its files, as nano.json and wrangler say it. */
export interface AssetSettings {
  /** Absolute path of the directory; undefined: the files were deployed. */
  readonly directory?: string
  /** The member of `env` that fetches them. */
  readonly binding?: string
  /** The app answers first: always, or requests of these patterns. */
  readonly runWorkerFirst: boolean | readonly string[]
  readonly htmlHandling: HtmlHandling
  readonly notFoundHandling: NotFoundHandling
}

export const HTML_HANDLING = [
  'auto-trailing-slash',
  'force-trailing-slash',
  'drop-trailing-slash',
  'none',
] as const
export type HtmlHandling = (typeof HTML_HANDLING)[number]

export const NOT_FOUND_HANDLING = ['none', '404-page', 'single-page-application'] as const
export type NotFoundHandling = (typeof NOT_FOUND_HANDLING)[number]

/** Of an app that says nothing about it. */
export const DEFAULT_ASSET_SETTINGS: AssetSettings = {
  runWorkerFirst: false,
  htmlHandling: HTML_HANDLING[0],
  notFoundHandling: NOT_FOUND_HANDLING[0],
}

/** What an app may have. */
export const MOST = {
  files: 20_000,
  fileBytes: 25 * 1024 * 1024,
  totalBytes: 1024 * 1024 * 1024,
  pathLength: 1024,
}
