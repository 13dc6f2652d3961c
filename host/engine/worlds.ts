/**
 * The worlds that this host serves: the present one and older ones, each by its generated table (`wit/worlds.ts`). The host
 * speaks the present world only. A table takes from its events what its own world has, by name; its imports are a part of
 * the present ones. Where an older world has an event otherwise, the compiler asks for a step between, and it stands here.
 *
 * An event that a world does not have is not sent to its guests: most answer an import, which they lack, too.
 */
import { TABLES, type Event, type Member } from '../../wit/worlds.ts'
import { BOUNDS } from './bounds.ts'
import type { Bindings, Guest } from './guest.ts'
import { GuestReader } from './guest-reader.ts'
import { GuestWriter, type Realloc } from './guest-writer.ts'

/** What a core module exports. */
export interface CoreGuest {
  readonly cabi_realloc: Realloc
  readonly turn: (source: number, events: number, length: number) => void
  readonly cabi_post_turn: () => void
}

/** The functions that a core module imports, by interface without version. */
export type CoreFunctions = Readonly<Record<string, Readonly<Record<string, (...args: never[]) => unknown>>>>

/** One version of the world. */
export interface World {
  readonly version: string
  /** Names how its calls are laid out. */
  readonly structure: string
  /** What its guests may call. */
  lift(bindings: Bindings, memory: WebAssembly.Memory, realloc: Realloc): CoreFunctions
  /** How one of its guests is entered. */
  lower(guest: CoreGuest, memory: WebAssembly.Memory): Guest['turn']
}

type Version = keyof typeof TABLES
type EventOf<V extends Version> = Parameters<
  ReturnType<(typeof TABLES)[V]['lowerExports']>['turn']
>[1][number]
/** Worlds that have an event otherwise than the present one. */
type Different = {
  [V in Version]: Extract<Event, { tag: EventOf<V>['tag'] }> extends EventOf<V> ? never : V
}[Version]

/** A generated table, as far as all are alike. */
interface Table {
  readonly version: string
  readonly structure: string
  readonly liftImports: (
    bindings: Bindings,
    from: GuestReader,
    to: GuestWriter,
    bounds: typeof BOUNDS,
  ) => CoreFunctions
  readonly lowerExports: (
    guest: CoreGuest,
    to: GuestWriter,
  ) => { readonly turn: (source: number, events: readonly never[]) => void }
}

/** From the present events to those of an older world; undefined: it has none for it. */
const STEPS: { readonly [V in Different]: (event: Event) => unknown } = {
  '0.1.0': (event) => {
    // the clock calls nobody there
    if (event.tag === 'scheduled') return undefined
    return event.tag === 'startup'
      ? ({ tag: 'startup', val: { env: toJsonObject(event.val.env) } } satisfies EventOf<'0.1.0'>)
      : event
  },
}

const worlds: ReadonlyMap<string, World> = new Map(
  Object.entries<Table>(TABLES).map(([version, table]) => [
    version,
    toWorld(table, (STEPS as Readonly<Record<string, (event: Event) => unknown>>)[version]),
  ]),
)

/** The versions that are served. */
export const WORLD_VERSIONS: readonly string[] = [...worlds.keys()]

/** Undefined for a version that is not served. */
export function findWorld(version: string): World | undefined {
  return worlds.get(version)
}

function toWorld(table: Table, step: ((event: Event) => unknown) | undefined): World {
  return {
    version: table.version,
    structure: table.structure,
    lift: (bindings, memory, realloc) =>
      table.liftImports(bindings, new GuestReader(memory), new GuestWriter(memory, realloc), BOUNDS),
    lower(guest, memory) {
      const { turn } = table.lowerExports(guest, new GuestWriter(memory, guest.cabi_realloc))
      // that events fit their world is what `Different` and `STEPS` hold
      if (step === undefined) return turn as Guest['turn']
      return (source, events) =>
        turn(source, events.map(step).filter((event) => event !== undefined) as never[])
    },
  }
}

/** `env` as one JSON object. Objects that a guest makes are of later worlds. */
function toJsonObject(members: readonly Member[]): string {
  const parts = members.flatMap(({ name, value }) => {
    if (value.tag === 'binding') return []
    return `${JSON.stringify(name)}:${value.tag === 'json' ? value.val : JSON.stringify(value.val)}`
  })
  return `{${parts.join(',')}}`
}
