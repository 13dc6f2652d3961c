/**
 * Settings of the engine for which componentize-js has no switch, changed in the memory that the app's top level left:
 *
 *     async stacks      off: each `await` and `then` copies the stack for an `Error.stack` that hardly anyone reads
 *     most of the heap  from 32 MiB to no bound: what bounds an app's objects is its memory, as for its buffers
 *     collections       sooner: before there is more garbage than most apps have data
 *
 *     CONTEXT (static) > context: runtime, options > runtime: the same context, settings of the collector, zones
 *     zone: runtime, bytes in use, when to collect       of objects, and of what they have outside of the heap
 *
 * The settings say when a zone is collected from its first collection on; until then it is what the zone was made with.
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

/** What a zone has of one kind of memory, in bytes of the zone. */
interface Share {
  readonly used: number
  /** Behind it, how much there may be while a collection goes on. */
  readonly threshold: number
  readonly least: number
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
  /** Of the runtime: the address of the list of zones, then how many there are. */
  readonly zones: number
  readonly shares: readonly Share[]
}

const KIB = 1024
const MIB = 1024 * KIB

/** When a zone is first collected. The engine leaves 160 bytes of garbage in the app's with each turn. */
const FIRST_OBJECTS = 3 * MIB
const FIRST_BUFFERS = 8 * MIB
/** Of an app with more in it at its start: so many times as much. */
const GROWTH = 2
/** While a collection goes on there may be so much more, as the engine has it. */
const COLLECTING = 64 * MIB

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
      { at: 3272, from: 64 * MIB, to: 4 * MIB },
      // a collection, at the soonest: of objects, of what they have outside of the heap
      { at: 3276, from: 27 * MIB, to: FIRST_OBJECTS },
      { at: 3336, from: 38 * MIB, to: FIRST_BUFFERS },
      // the next one, in times of what the last one left, when they follow each other fast: within a turn, where time stands
      // still, they always do. The upper word of 3.0, and of the 1.5 that a slow app has
      { at: 3324, from: 0x4008_0000, to: 0x3ff8_0000 },
    ],
    zones: 976,
    shares: [
      { used: 20, threshold: 36, least: FIRST_OBJECTS },
      { used: 48, threshold: 60, least: FIRST_BUFFERS },
    ],
  },
}

/** The builder's and the app's; no app makes one. */
const MOST_ZONES = 8

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
  const list = read(runtime + layout.zones)
  const zones = Array.from({ length: Math.min(read(runtime + layout.zones + 4), MOST_ZONES) }, (_, i) =>
    read(list + 4 * i),
  )
  if (zones.length === 0 || zones.some((zone) => read(zone) !== runtime)) {
    throw new Error(
      `expected the engine's zones to be of its runtime ${runtime}, got ${zones.join(' ') || 'none'}`,
    )
  }
  if (!asyncStacks) view.setUint16(context + options.at, options.to, true)
  for (const { at, to } of collector) view.setUint32(runtime + at, to, true)
  for (const zone of zones) {
    for (const { used, threshold, least } of layout.shares) {
      const first = Math.max(least, GROWTH * read(zone + used))
      if (first >= read(zone + threshold)) continue
      view.setUint32(zone + threshold, first, true)
      view.setUint32(zone + threshold + 4, first + COLLECTING, true)
    }
  }
  return true
}
