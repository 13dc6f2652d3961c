/**
 * Settings of the engine for which componentize-js has no switch, changed in the memory that the app's top level left:
 *
 *     async stacks      off: each `await` and `then` copies the stack for an `Error.stack` that hardly anyone reads
 *     most of the heap  from 32 MiB to no bound: what bounds an app's objects is its memory, as for its buffers
 *     collections       sooner: before there is garbage for more than half of the least memory
 *
 *     CONTEXT (static) > context: runtime, options > runtime: the same context, settings of the collector
 *
 * Where they lie is known for one build of the engine, by the hash of its file. Another one stays as it is. One that is
 * known and whose memory is not as it was is refused: something else has changed, and nobody knows what.
 */

/** A word of the runtime. */
interface Setting {
  readonly at: number
  readonly from: number
  readonly to: number
}

/** Where an engine keeps what, in bytes. */
interface Layout {
  /** Holds the address of the context. */
  readonly context: number
  /** Of the context. */
  readonly runtime: number
  readonly options: Setting
  /** Of the runtime. */
  readonly mainContext: number
  readonly collector: readonly Setting[]
}

const KIB = 1024
const MIB = 1024 * KIB

/** By the SHA-256 of the engine's file. */
const LAYOUTS: Readonly<Record<string, Layout>> = {
  // componentize-js 0.23.0
  '6094cd93d966f9bec9b01332db6e0eedbaf22f60b745c9f823f21e33cbd4d365': {
    context: 2_384_796,
    runtime: 108,
    // the bit of async stacks
    options: { at: 112, from: 0x050f, to: 0x040f },
    mainContext: 68,
    collector: [
      // the most of the heap; a browser has it so
      { at: 3264, from: 32 * MIB, to: 0xffff_ffff },
      // the nursery, at least and at most
      { at: 3268, from: 256 * KIB, to: 256 * KIB },
      { at: 3272, from: 64 * MIB, to: 8 * MIB },
      // a first collection: of objects, of what they have outside of the heap
      { at: 3276, from: 27 * MIB, to: 16 * MIB },
      { at: 3336, from: 38 * MIB, to: 16 * MIB },
    ],
  },
}

export interface Tuning {
  /** SHA-256 of the engine's file. */
  readonly engine: string
  /** Whether a stack goes on past the `await` that it began behind, as the engine has it. */
  readonly asyncStacks: boolean
}

/** Whether the engine is one whose settings are known. `memory`: as the app's top level left it. */
export function tuneEngine(memory: ArrayBuffer, { engine, asyncStacks }: Tuning): boolean {
  const layout = LAYOUTS[engine]
  if (layout === undefined) return false
  const { options, collector } = layout
  const view = new DataView(memory)
  const read = (at: number): number => (at + 4 <= memory.byteLength ? view.getUint32(at, true) : 0)
  const context = read(layout.context)
  const runtime = read(context + layout.runtime)
  const expected = [context, options.from, ...collector.map(({ from }) => from)]
  const found = [
    read(runtime + layout.mainContext),
    read(context + options.at) & 0xffff,
    ...collector.map(({ at }) => read(runtime + at)),
  ]
  if (expected.some((value, i) => found[i] !== value)) {
    throw new Error(`expected the engine's settings to be ${expected.join(' ')}, got ${found.join(' ')}`)
  }
  if (!asyncStacks) view.setUint16(context + options.at, options.to, true)
  for (const { at, to } of collector) view.setUint32(runtime + at, to, true)
  return true
}
