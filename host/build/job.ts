/** What a build process is asked for, and what it answers: see `builder.ts`. */
import type { Member } from '../../wit/worlds.ts'
import type { CarriedBundle } from '../component/carried-bundle.ts'
import type { Fault } from '../errors.ts'

export type BuildStep = 'bundle' | 'unpack' | 'snapshot' | 'write'

/** An app's sources. */
export interface Sources {
  readonly type: 'sources'
  /** File or directory. */
  readonly entry: string
  readonly allowRead: readonly string[]
  readonly outside: string | undefined
  /** Of the wrangler file that the app may have. */
  readonly environment: string | undefined
}

/** What a component carries, to be made into one of the current engine. */
export interface Carried {
  readonly type: 'carried'
  readonly carried: CarriedBundle
  /** The source map that came with the component; it may be another one's. */
  readonly sourceMap: string | undefined
  /** What the app's top level finds in `env`; undefined: nothing. */
  readonly env?: GivenEnv | undefined
}

/** The `env` of one deployment. */
export interface GivenEnv {
  readonly members: readonly Member[]
  /** Of a classic app. */
  readonly areGlobals: boolean
}

/** What a component is for: NANO, or any host of wasi:http. */
export type BuildTarget = 'nano' | 'wasi-http'

/** One build. */
export interface BuildJob {
  readonly target: BuildTarget
  readonly origin: Sources | Carried
  readonly shim: string
  /** The world, as text. */
  readonly wit: string
  readonly asyncStacks: boolean
  readonly timeoutMs: number
  readonly memoryMb: number
  /** Whether builds are kept and found again, and where unless the origin's own place is meant. */
  readonly cache: boolean
  readonly cacheDirectory: string | undefined
  /** For whatever the tools write on the way. */
  readonly temporary: string
  /** The variables that a build depends on, as they are now. */
  readonly variables: Readonly<Record<string, string | undefined>>
}

/** In `temporary`: the process id of the snapshotter, once it runs. */
export const PID_FILE = 'snapshotter.pid'

/** What comes out. */
export interface Made {
  readonly component: Uint8Array
  /** Names the engine that the component was built with; undefined: it is for other hosts than NANO. */
  readonly skeletonHash: string | undefined
  /** Source map of the bundle, as JSON; a component may have come without. */
  readonly sourceMap: string | undefined
  readonly bundleBytes: number
  /** What the app's developer should know, each with file:line:column. */
  readonly warnings: readonly string[]
  /** Why the top level does not come to its end without an `env`; undefined: it does, or nobody looked. */
  readonly unmet?: string | undefined
  /** Whether the component was already there. */
  readonly cached: boolean
}

export type FromBuilder =
  /** What the result, good or not, depends on: files, and directories in which something is missing. */
  | { readonly type: 'inputs'; readonly paths: readonly string[] }
  | { readonly type: 'step'; readonly step: BuildStep }
  | { readonly type: 'made'; readonly made: Made }
  | { readonly type: 'failed'; readonly fault: Fault }
