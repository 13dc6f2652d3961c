/** The functions that a module defines, with their types, and others after them. */
import { countImports } from './imports.ts'
import { Reader } from './reader.ts'
import { findSection, replaceSection, SECTION, type Section } from './sections.ts'
import { Writer } from './writer.ts'

const FUNCTION_TYPE = 0x60
const NONE = Uint8Array.of(0)

/** Value types, a byte each. */
export interface FunctionType {
  readonly parameters: Uint8Array
  readonly results: Uint8Array
}

/** A function that is added. */
export interface NewFunction extends FunctionType {
  /** Locals and instructions, `end` included. */
  readonly body: Uint8Array
}

/** What is left out of a body, or has others in its place. */
export interface BodyEdit {
  readonly at: number
  readonly end: number
  readonly by?: Uint8Array
}

/** What a module defines. */
export interface Functions {
  readonly types: readonly FunctionType[]
  /** The index of the first function; those before it are imported. */
  readonly first: number
  /** Of each function its type and its body, which is a view. */
  readonly typeOf: readonly number[]
  readonly bodies: readonly Uint8Array[]
}

export function readFunctions(sections: readonly Section[]): Functions {
  const types = new Reader(findSection(sections, SECTION.type) ?? NONE)
  const declared = new Reader(findSection(sections, SECTION.function) ?? NONE)
  const code = new Reader(findSection(sections, SECTION.code) ?? NONE)
  const bodies = Array.from({ length: code.count() }, () => code.take(code.u32()))
  if (!code.done) code.fail('bytes after the last function')
  return {
    types: Array.from({ length: types.count() }, () => readType(types)),
    first: countImports(sections, 'function'),
    typeOf: Array.from({ length: declared.count() }, () => declared.u32()),
    bodies,
  }
}

/** The module with other bodies, and more functions behind them. `functions`: what `readFunctions` gave. */
export function withFunctions(
  sections: readonly Section[],
  { types, typeOf }: Functions,
  bodies: readonly Uint8Array[],
  added: readonly NewFunction[] = [],
): Section[] {
  const all = [...types, ...added]
  const typed = new Writer().u32(all.length)
  for (const { parameters, results } of all) {
    typed.u8(FUNCTION_TYPE).u32(parameters.length).append(parameters).u32(results.length).append(results)
  }
  const declared = new Writer().u32(typeOf.length + added.length)
  for (const type of typeOf) declared.u32(type)
  for (const index of added.keys()) declared.u32(types.length + index)
  const code = new Writer().u32(bodies.length + added.length)
  for (const body of [...bodies, ...added.map((each) => each.body)]) code.u32(body.length).append(body)
  let edited = replaceSection(sections, SECTION.type, typed.finish())
  edited = replaceSection(edited, SECTION.function, declared.finish())
  return replaceSection(edited, SECTION.code, code.finish())
}

/** A reader of a body, behind its locals. */
export function skipLocals(body: Uint8Array): Reader {
  const reader = new Reader(body)
  for (let groups = reader.count(); groups > 0; groups--) {
    reader.u32()
    reader.skipInteger()
  }
  return reader
}

/** `edits`: in any order, none in another one. */
export function editBody(body: Uint8Array, edits: readonly BodyEdit[]): Uint8Array {
  if (edits.length === 0) return body
  const writer = new Writer()
  let from = 0
  for (const { at, end, by } of edits.toSorted((a, b) => a.at - b.at)) {
    writer.append(body.subarray(from, at))
    if (by !== undefined) writer.append(by)
    from = end
  }
  return writer.append(body.subarray(from)).finish()
}

/** The body with so many locals of each of these types behind its own: which is the first of them, and where its code begins. */
export function addLocals(
  body: Uint8Array,
  parameters: number,
  added: readonly { readonly count: number; readonly type: number }[],
) {
  const reader = new Reader(body)
  const groups = reader.count()
  const from = reader.at
  let first = parameters
  for (let left = groups; left > 0; left--) {
    first += reader.u32()
    reader.skipInteger()
  }
  const writer = new Writer().u32(groups + added.length).append(body.subarray(from, reader.at))
  for (const { count, type } of added) writer.u32(count).u8(type)
  const start = writer.length
  return { body: writer.append(body.subarray(reader.at)).finish(), first, start }
}

function readType(reader: Reader): FunctionType {
  if (reader.u8() !== FUNCTION_TYPE) reader.fail('expected the type of a function')
  return { parameters: reader.take(reader.count()), results: reader.take(reader.count()) }
}
