/** What a build process is asked for, and what it answers: see `builder.ts`. */
import type { ErrorCode } from '../errors.ts'

export type BuildStep = 'bundle' | 'snapshot' | 'write'

/** One build. */
export interface BuildJob {
  /** File or directory. */
  readonly entry: string
  readonly allowRead: readonly string[]
  readonly outside: string | undefined
  readonly shim: string
  readonly timeoutMs: number
  readonly memoryMb: number
  /** Whether builds are kept and found again, and where unless the app's own place is meant. */
  readonly cache: boolean
  readonly cacheDirectory: string | undefined
  /** For whatever the tools write on the way. */
  readonly temporary: string
  /** The variables that a build depends on, as they are now. */
  readonly variables: Readonly<Record<string, string | undefined>>
}

/** What comes out. */
export interface Made {
  readonly component: Uint8Array
  /** Names the engine that the component was built with. */
  readonly skeletonHash: string
  /** Source map of the bundle, as JSON. */
  readonly sourceMap: string
  readonly bundleBytes: number
  /** What the app's developer should know, each with file:line:column. */
  readonly warnings: readonly string[]
  /** Whether the component was already there. */
  readonly cached: boolean
}

export type FromBuilder =
  | { readonly type: 'step'; readonly step: BuildStep }
  | { readonly type: 'made'; readonly made: Made }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string; readonly stack: string }
