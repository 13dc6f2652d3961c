/**
 * What a component imports and exports, by name: the top of its type, as the binary format of the component model has it.
 * Nothing is checked beyond what is read.
 *
 *     import section   vec( name  kind... )            export section   vec( name  sort:u8..  index:u32  type? )
 */

import { Reader } from '../wasm/reader.ts'
import { readComponent, refusing } from './read.ts'

const IMPORTS = 10
const EXPORTS = 11
/** More than a component's names take. */
const MOST_NAMES = 10_000

/** Names of what a component asks for and gives. */
export interface WorldNames {
  readonly imports: readonly string[]
  readonly exports: readonly string[]
}

/** Throws COMPONENT_INVALID. */
export function readWorldNames(component: Uint8Array): WorldNames {
  const { sections } = readComponent(component)
  const read = (id: number, one: (reader: Reader) => string): string[] =>
    sections
      .filter((section) => section.id === id)
      .flatMap(({ payload }) =>
        refusing(() => {
          const reader = new Reader(payload)
          const count = reader.count()
          if (count > MOST_NAMES) reader.fail(`more than ${MOST_NAMES} names`)
          return Array.from({ length: count }, () => one(reader))
        }),
      )
  return { imports: read(IMPORTS, readImport), exports: read(EXPORTS, readExport) }
}

function readImport(reader: Reader): string {
  const name = readName(reader)
  skipDescription(reader)
  return name
}

function readExport(reader: Reader): string {
  const name = readName(reader)
  skipSort(reader)
  reader.u32()
  if (reader.u8() === 1) skipDescription(reader)
  return name
}

/** With a prefix that says which kind of name it is. */
function readName(reader: Reader): string {
  reader.u8()
  return reader.name()
}

function skipSort(reader: Reader): void {
  // of a core sort there is a second byte
  if (reader.u8() === 0) reader.u8()
}

/** What it is a name for: a core module, function, value, type, component or instance. */
function skipDescription(reader: Reader): void {
  const kind = reader.u8()
  if (kind === 0) reader.u8()
  // a value and a type are bound to one that is there, or given here
  const isOther = kind === 2 || kind === 3 ? reader.u8() === 1 : false
  if (kind === 3 && isOther) return
  reader.skipInteger()
}
