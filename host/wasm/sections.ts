/**
 * A core module as the list of its sections, and back. Payloads are views of the module's bytes: parsing 12 MB
 * copies nothing. An edit makes a new list; `encodeModule` of an unedited list gives a module of equal meaning (and
 * equal bytes if its lengths were written in the shortest form).
 *
 *     "\0asm" 01 00 00 00   ( id:u8  size:u32  payload )*
 *
 * A pass over the code section (epoch.ts) is one more `Section[] -> Section[]` file in this room.
 */
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/** Section ids of a core module, in the order of the format's specification, not of their appearance. */
export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const

/** Ids in the order in which the format wants them. */
const ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11]

/** Sections in one module; custom ones may repeat, and each costs more here than in the file. */
const MAX_SECTIONS = 10_000

const MODULE_PREAMBLE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)

export interface Section {
  readonly id: number
  readonly payload: Uint8Array
}

/** Whether bytes begin as a core module does. */
export function isCoreModule(bytes: Uint8Array): boolean {
  return MODULE_PREAMBLE.every((byte, index) => bytes[index] === byte)
}

/** The sections of a core module. Throws `MalformedWasm` on a broken frame, a repeated section or a wrong order. */
export function parseModule(bytes: Uint8Array): Section[] {
  const reader = new Reader(bytes)
  if (!isCoreModule(bytes)) reader.fail('not a core module')
  reader.at = MODULE_PREAMBLE.length
  const sections: Section[] = []
  let last = -1
  while (!reader.done) {
    const id = reader.u8()
    const payload = reader.take(reader.u32())
    if (id !== SECTION.custom) {
      const rank = ORDER.indexOf(id)
      if (rank === -1) reader.fail(`unknown section ${id}`)
      if (rank <= last) reader.fail(`section ${id} is repeated or out of order`)
      last = rank
    }
    sections.push({ id, payload })
    if (sections.length > MAX_SECTIONS) reader.fail(`more than ${MAX_SECTIONS} sections`)
  }
  return sections
}

/** A core module made of sections. */
export function encodeModule(sections: readonly Section[]): Uint8Array<ArrayBuffer> {
  const writer = new Writer().append(MODULE_PREAMBLE)
  for (const { id, payload } of sections) writer.u8(id).u32(payload.length).append(payload)
  return writer.finish()
}

/** The payload of the one section with this id. */
export function findSection(sections: readonly Section[], id: number): Uint8Array | undefined {
  return sections.find((section) => section.id === id)?.payload
}

/** The list with the section of this id replaced, or put in where the format wants it. */
export function replaceSection(sections: readonly Section[], id: number, payload: Uint8Array): Section[] {
  const without = sections.filter((section) => section.id !== id)
  const rank = ORDER.indexOf(id)
  const at = without.findLastIndex(
    (section) => section.id !== SECTION.custom && ORDER.indexOf(section.id) < rank,
  )
  return [...without.slice(0, at + 1), { id, payload }, ...without.slice(at + 1)]
}

/** The list without the sections of these ids. */
export function dropSections(sections: readonly Section[], ...ids: readonly number[]): Section[] {
  return sections.filter((section) => !ids.includes(section.id))
}
