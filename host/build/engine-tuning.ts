/**
 * Two settings of the engine for which componentize-js has no switch, changed in the memory that it leaves:
 *
 *     async stacks    off: every `await` and `then` would copy the stack for an `Error.stack` that hardly anyone reads
 *     gcMaxBytes      from 32 MiB to none: what bounds an app's objects is its memory, as for its buffers
 *
 *     CONTEXT (static) > context: runtime, options > runtime: the same context, tunables
 *
 * Where they lie is known for one build of the engine, by the hash of its file. Another one stays as it is. One that is
 * known and whose memory is not as it was is refused: something else has changed, and nobody knows what.
 */

/** Where an engine keeps them, in bytes, and what is there. */
interface Layout {
  /** Holds the address of the context. */
  readonly context: number
  /** Of the context. */
  readonly runtime: number
  readonly options: number
  /** Of the runtime. */
  readonly mainContext: number
  readonly tunables: number
  /** The context's options as they are; a u16. */
  readonly optionsBefore: number
  /** gcMaxBytes, the least and the most bytes of the nursery, and the first threshold of a zone's collection. */
  readonly tunablesBefore: readonly number[]
}

/** By the SHA-256 of the engine's file. */
const LAYOUTS: Readonly<Record<string, Layout>> = {
  // componentize-js 0.23.0
  '6094cd93d966f9bec9b01332db6e0eedbaf22f60b745c9f823f21e33cbd4d365': {
    context: 2_384_796,
    runtime: 108,
    options: 112,
    mainContext: 68,
    tunables: 3264,
    optionsBefore: 0x050f,
    tunablesBefore: [32 * 2 ** 20, 256 * 2 ** 10, 64 * 2 ** 20, 27 * 2 ** 20],
  },
}

const ASYNC_STACKS = 0x0100
/** As the engine has it in a browser. */
const UNBOUNDED = 0xffff_ffff

export interface Tuning {
  /** SHA-256 of the engine's file. */
  readonly engine: string
  /** Whether a stack goes on past the `await` that it began behind. */
  readonly asyncStacks: boolean
}

/** Whether the engine is one whose settings are known. `memory`: as the app's top level left it. */
export function tuneEngine(memory: ArrayBuffer, { engine, asyncStacks }: Tuning): boolean {
  const layout = LAYOUTS[engine]
  if (layout === undefined) return false
  const view = new DataView(memory)
  const read = (at: number): number => (at + 4 <= memory.byteLength ? view.getUint32(at, true) : 0)
  const context = read(layout.context)
  const runtime = read(context + layout.runtime)
  const found = [
    read(runtime + layout.mainContext),
    read(context + layout.options) & 0xffff,
    ...layout.tunablesBefore.map((_, i) => read(runtime + layout.tunables + 4 * i)),
  ]
  const expected = [context, layout.optionsBefore, ...layout.tunablesBefore]
  if (expected.some((value, i) => found[i] !== value)) {
    throw new Error(`expected the engine's settings to be ${expected.join(' ')}, got ${found.join(' ')}`)
  }
  if (!asyncStacks) view.setUint16(context + layout.options, layout.optionsBefore & ~ASYNC_STACKS, true)
  view.setUint32(runtime + layout.tunables, UNBOUNDED, true)
  return true
}
