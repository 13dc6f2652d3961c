/**
 * Calls through a module's table, made calls by name. V8 keeps a table for each instance, with objects for each entry of it:
 * of an engine's instance that was two thirds of what its collector looks through, and each call read a line of it that
 * no other instance has. Code is one for all (docs/decisions/call-by-name.md).
 *
 *     call_indirect type   >   call the type's dispatcher     (parameters, number) -> results
 *     dispatcher:              br_table number, to one of
 *                                return_call function          each function of the type in the table
 *                                unreachable                   what the table would refuse
 *
 * Many numbers have a dispatcher for each 256 of them, so that V8 compiles those that are called: what it takes grows with the
 * numbers, to a tenth of a second for an engine's.
 *
 * Held of the module: it has one table at most, which is its own, not exported, and filled by active segments of functions;
 * no instruction but calls refers to it or to a function. What changes one, `state.ts` refuses.
 */
import { readExports } from './exports.ts'
import {
  editBody,
  readFunctions,
  skipLocals,
  withFunctions,
  type BodyEdit,
  type FunctionType,
  type NewFunction,
} from './functions.ts'
import { countImports } from './imports.ts'
import { OPCODE, readOperand, skipInstruction } from './instructions.ts'
import { MalformedWasm, Reader } from './reader.ts'
import { dropSections, findSection, SECTION, type Section } from './sections.ts'
import { Writer } from './writer.ts'

const I32 = 0x7f
const EMPTY_BLOCK = [0x02, 0x40]
const END = 0x0b
const UNREACHABLE = 0x00
const LOCAL_GET = 0x20
const I32_CONST = 0x41
const I32_SUB = 0x6b
const I32_SHR_U = 0x76
const BR_TABLE = 0x0e
/** Of bulk operations. */
const TABLE_SIZE = 16

/** Numbers of one dispatcher: 2 to the power of this. */
const PART_BITS = 8

/** Numbers in the table, ascending, and which function is there. */
type Entries = readonly (readonly [number: number, func: number])[]

/** The module without its table. */
export function callByName(sections: readonly Section[]): Section[] {
  const functions = readFunctions(sections)
  const { types, first, typeOf, bodies } = functions
  const byType = Map.groupBy(
    readTable(sections),
    ([, func]) => typeOf[func - first] ?? refuse('it has an imported function'),
  )
  /** Types, in the order of their first call. */
  const called: number[] = []
  const toDispatcher = (type: number): number => {
    if (!called.includes(type)) called.push(type)
    return first + bodies.length + called.indexOf(type)
  }
  const edited = bodies.map((body) => nameCalls(body, toDispatcher))
  const dispatchers: NewFunction[] = []
  const parts: NewFunction[] = []
  const firstPart = first + bodies.length + called.length
  for (const type of called) {
    const entries = byType.get(type) ?? []
    const byPart = Map.groupBy(entries, ([number]) => number >>> PART_BITS)
    if (byPart.size <= 1) {
      dispatchers.push(toDispatch(types[type]!, entries))
      continue
    }
    const own = Array.from(byPart.keys(), (part, at) => [part, firstPart + parts.length + at] as const)
    for (const each of byPart.values()) parts.push(toDispatch(types[type]!, each))
    dispatchers.push(toDispatch(types[type]!, own, PART_BITS))
  }
  const all = withFunctions(sections, functions, edited, [...dispatchers, ...parts])
  return dropSections(all, SECTION.table, SECTION.element)
}

function nameCalls(body: Uint8Array, toDispatcher: (type: number) => number): Uint8Array {
  const reader = skipLocals(body)
  const edits: BodyEdit[] = []
  while (!reader.done) {
    const { at } = reader
    const opcode = skipInstruction(reader)
    if (opcode === OPCODE.tableGet || opcode === OPCODE.refFunc)
      refuse('it reads it, or refers to a function')
    if (opcode === OPCODE.bulk && readOperand(body, at) === TABLE_SIZE) refuse('it asks for its size')
    if (opcode !== OPCODE.callIndirect && opcode !== OPCODE.returnCallIndirect) continue
    const call = opcode === OPCODE.callIndirect ? OPCODE.call : OPCODE.returnCall
    const by = new Writer()
      .u8(call)
      .u32(toDispatcher(readOperand(body, at)))
      .finish()
    edits.push({ at, end: reader.at, by })
  }
  return editBody(body, edits)
}

/**
 * Blocks, one in the other, and behind the end of each a call. `shift`: the entries are by parts of the numbers, and lead to
 * dispatchers, which get the number as well.
 */
function toDispatch({ parameters, results }: FunctionType, entries: Entries, shift = 0): NewFunction {
  const callees = [...new Set(entries.map(([, func]) => func))]
  const labels = new Map(callees.map((func, label) => [func, label]))
  const byNumber = new Map(entries)
  const least = entries[0]?.[0] ?? 0
  const most = entries.at(-1)?.[0] ?? least - 1
  const writer = new Writer().u32(0)
  for (let block = 0; block <= callees.length; block++) writer.append(Uint8Array.from(EMPTY_BLOCK))
  writer.u8(LOCAL_GET).u32(parameters.length)
  if (shift > 0) writer.u8(I32_CONST).signed(shift).u8(I32_SHR_U)
  writer.u8(I32_CONST).signed(least).u8(I32_SUB)
  writer.u8(BR_TABLE).u32(most - least + 1)
  for (let number = least; number <= most; number++) {
    writer.u32(labels.get(byNumber.get(number) ?? -1) ?? callees.length)
  }
  writer.u32(callees.length)
  for (const func of callees) {
    writer.u8(END)
    for (const local of parameters.keys()) writer.u8(LOCAL_GET).u32(local)
    if (shift > 0) writer.u8(LOCAL_GET).u32(parameters.length)
    writer.u8(OPCODE.returnCall).u32(func)
  }
  const body = writer.u8(END).u8(UNREACHABLE).u8(END).finish()
  return { parameters: Uint8Array.of(...parameters, I32), results, body }
}

/** What is in the one table. */
function readTable(sections: readonly Section[]): Entries {
  if (countImports(sections, 'table') > 0) refuse('it is imported')
  if (readExports(sections).some(({ kind }) => kind === 'table')) refuse('it is exported')
  const tables = findSection(sections, SECTION.table)
  if (tables !== undefined && new Reader(tables).u32() > 1) refuse('there are several')
  const elements = findSection(sections, SECTION.element)
  if (elements === undefined) return []
  const reader = new Reader(elements)
  const entries = new Map<number, number>()
  for (let segments = reader.count(); segments > 0; segments--) {
    if (reader.u32() !== 0) refuse('a segment is more than active, and of functions')
    const place = new Reader(reader.constant())
    if (place.u8() !== I32_CONST) refuse('a segment is at a place that is no constant')
    const start = place.s32()
    for (let count = reader.count(), number = start; number < start + count; number++) {
      entries.set(number, reader.u32())
    }
  }
  return [...entries].toSorted(([a], [b]) => a - b)
}

function refuse(why: string): never {
  throw new MalformedWasm(`a module's table cannot be done without: ${why}`, 0)
}
