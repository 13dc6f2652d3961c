/**
 * The engine's interpreter without what it does for a debugger alone, and with a short way to what most literals do. An app runs
 * by nothing else: each bytecode and each call passes here (docs/decisions/lean-interpreter.md).
 *
 *     each bytecode     its number | interrupts  >  a word of a table in memory  >  a label       its number  >  a label
 *     a call's end      the frame's environments are found, and taken off it one by one           they go with it
 *     { name: value }   each property is compared with what it is to be, and changed to it        its value is set (define-property.ts)
 *
 * Only a debugger that steps and a count of what is covered ask for interrupts, and only a debugger looks at environments as
 * they go. An engine here has neither: what it is given to start with turns none on, and no script can.
 *
 * All functions are known by their code. An engine with other code stays as it is; a test holds that the installed one is known.
 */
import { readDataSegments, type DataSegment } from '../../wasm/data-segments.ts'
import {
  addLocals,
  editBody,
  readFunctions,
  withFunctions,
  type BodyEdit,
  type Functions,
} from '../../wasm/functions.ts'
import { readOperand } from '../../wasm/instructions.ts'
import { Reader } from '../../wasm/reader.ts'
import type { Section } from '../../wasm/sections.ts'
import { Writer } from '../../wasm/writer.ts'
import { LOCALS, toShortWay } from './define-property.ts'
import { findKnown, readCode, type Instruction, type Known } from './known-code.ts'

/** Of componentize-js 0.23.0. */
const ENGINE = {
  /** `js::Interpret`. */
  interpret: { hash: 'a02fcfacdc66f15b7110bb668eaeeab8a2bef7a167c6b8a63a1e09180c175f76', bytes: 72_708 },
  /** `js::InterpreterFrame::epilogue`. */
  epilogue: { hash: 'bf32e5fedb84913e160fdc51efcb3efb88bb9debcb2e8e7dac1b756b12bf8005', bytes: 551 },
  /** `js::DefineDataProperty`. */
  define: { hash: '21700d2a3ebf754d25de530fe1779e791dda6a1d76870ea9f560b0dfbda5b8a4', bytes: 291 },
  /** `js::NativeObject::setFixedSlot`. */
  setFixedSlot: { hash: '655e1bf6852879576367e0b124329c01646e1567f82287c22815790791be16c2', bytes: 425 },
} as const satisfies Record<string, Known>

/** What the epilogue has of instructions for environments: finds them, takes them off the frame, and forgets where it found them. */
const ENVIRONMENTS = [
  [41, 50],
  [214, 223],
] as const

const LOCAL_GET = 0x20
const LOCAL_SET = 0x21
const I32_LOAD8_U = 0x2d
const I32_OR = 0x72
const BR_TABLE = 0x0e

const BYTECODES = 256
const WORD_BYTES = 4

/** The module, whose data is in it, with the edited interpreter; as it is when that is not known. */
export function leanInterpreter(sections: readonly Section[]): readonly Section[] {
  const functions = readFunctions(sections)
  const bodies = [...functions.bodies]
  const found = new Map(Object.entries(ENGINE).map(([name, known]) => [name, findKnown(bodies, known)]))
  if ([...found.values()].includes(-1)) return sections
  const change = (name: keyof typeof ENGINE, by: (body: Uint8Array) => Uint8Array): void => {
    const index = found.get(name)!
    bodies[index] = by(bodies[index]!)
  }
  const setFixedSlot = functions.first + found.get('setFixedSlot')!
  change('interpret', (body) => dispatchDirectly(body, readDataSegments(sections)))
  change('epilogue', leaveEnvironments)
  change('define', (body) => defineShortly(body, functions, found.get('define')!, setFixedSlot))
  return withFunctions(sections, functions, bodies)
}

function leaveEnvironments(body: Uint8Array): Uint8Array {
  const code = readCode(body)
  return editBody(
    body,
    ENVIRONMENTS.map(([first, last]) => ({ at: code[first]!.at, end: code[last]!.end })),
  )
}

function defineShortly(body: Uint8Array, { types, typeOf }: Functions, index: number, setFixedSlot: number) {
  const { parameters } = types[typeOf[index]!]!
  const { body: longer, first, start: at } = addLocals(body, parameters.length, [LOCALS])
  return editBody(longer, [{ at, end: at, by: toShortWay(first, setFixedSlot) }])
}

/** `local.get number, i32.const 2, i32.shl, i32.load table, i32.const first, i32.sub, br_table`: the first, and the last. */
function dispatchDirectly(body: Uint8Array, data: readonly DataSegment[]): Uint8Array {
  const code = readCode(body)
  const dispatch = code.findIndex(
    ({ opcode, at }) => opcode === BR_TABLE && readOperand(body, at) > BYTECODES / 2,
  )
  const [number, shift, , load, first] = code.slice(dispatch - 6, dispatch) as [
    Instruction,
    Instruction,
    Instruction,
    Instruction,
    Instruction,
  ]
  const words = readWords(data, readOffset(body, load))
  const { labels, otherwise } = readLabels(body, code[dispatch]!)
  const writer = new Writer().u8(BR_TABLE).u32(words.length)
  for (const word of words) writer.u32(labels[word - readOperand(body, first.at)] ?? otherwise)
  const table = { at: shift.at, end: code[dispatch]!.end, by: writer.u32(otherwise).finish() }
  return editBody(body, [...findInterrupts(body, code, readOperand(body, number.at)), table])
}

/** `local.get frame, i32.load interrupts, …, i32.load8_u, i32.or, local.set number`: all but the or of it, and what is or-ed. */
function findInterrupts(body: Uint8Array, code: readonly Instruction[], number: number): BodyEdit[] {
  return code.flatMap((or, i) => {
    const [opcode, set] = [code[i - 1]!, code[i + 1]!]
    if (or.opcode !== I32_OR || opcode.opcode !== I32_LOAD8_U) return []
    if (set.opcode !== LOCAL_SET || readOperand(body, set.at) !== number) return []
    // its address is in a local, or in a word that one points to
    const [frame, load] = code[i - 2]!.opcode === LOCAL_GET ? [i - 4, i - 3] : [i - 5, i - 4]
    return [{ at: code[frame]!.at, end: code[load]!.end }, or]
  })
}

/** Of a load. */
function readOffset(body: Uint8Array, { at }: Instruction): number {
  const reader = new Reader(body, at + 1)
  reader.skipInteger()
  return reader.u32()
}

function readLabels(body: Uint8Array, { at }: Instruction) {
  const reader = new Reader(body, at + 1)
  const labels = Array.from({ length: reader.count() }, () => reader.u32())
  return { labels, otherwise: reader.u32() }
}

/** One for each bytecode. */
function readWords(data: readonly DataSegment[], at: number): number[] {
  const bytes = new Uint8Array(BYTECODES * WORD_BYTES)
  for (const segment of data) {
    const skipped = Math.max(at - segment.offset, 0)
    const to = Math.max(segment.offset - at, 0)
    if (to < bytes.length) bytes.set(segment.bytes.subarray(skipped, skipped + bytes.length - to), to)
  }
  const view = new DataView(bytes.buffer)
  return Array.from({ length: BYTECODES }, (_, i) => view.getUint32(WORD_BYTES * i, true))
}
