/**
 * An engine that writes down what it does: which lines of its memory it reads and writes, which functions it calls, how
 * many instructions it runs. The same guest and the same requests give the same figures on every machine, however busy.
 * Nothing that serves is made like this: it takes some ten times as long.
 *
 *     memory 1:   0: room for wasm/epoch.ts    LINES: u8 for each 64 bytes of memory 0, 1 read | 2 written
 *                 FUNCTIONS: for each function, calls u64, instructions u64
 *
 *     load:       [address]         >  mark(address + offset, width, 1)  load
 *     store:      [address, value]  >  mark(address + offset, width, 2)  store
 *     branch:     count += instructions since the last one
 *
 * A pass over the module before its memory is imported, as wasm/epoch.ts; the second memory takes the place of the epoch's.
 */
import { EPOCH_IMPORT } from '../host/wasm/epoch.ts'
import { addLocals, readFunctions, withFunctions } from '../host/wasm/functions.ts'
import { addMemoryImport } from '../host/wasm/imports.ts'
import { MEMORY_INDEX, skipInstruction } from '../host/wasm/instructions.ts'
import { Reader } from '../host/wasm/reader.ts'
import type { Section } from '../host/wasm/sections.ts'
import { Writer } from '../host/wasm/writer.ts'

export const LINE = 64
/** How much of memory 0 is written down. */
const TRACED_BYTES = 512 * 1024 * 1024
/** The epoch's page stays as it is. */
export const LINES = 65_536
export const FUNCTIONS = LINES + TRACED_BYTES / LINE
/** Of an entry there. */
export const FUNCTION_BYTES = 16
/** Pages of memory 1; room for 65,536 functions. */
export const TRACE_PAGES = FUNCTIONS / 65_536 + FUNCTION_BYTES

const READ = 1
const WRITTEN = 2

const I32 = 0x7f
const I64 = 0x7e
const F32 = 0x7d
const F64 = 0x7c
const V128 = 0x7b

/** Added to each function behind its own locals: three addresses, then one value of each type. */
const SCRATCH = [I32, I32, I32, I32, I64, F32, F64, V128] as const

/** Widths of what 0x28 to 0x3e load and store. */
const WIDTHS = [4, 8, 4, 8, 1, 1, 2, 2, 1, 1, 2, 2, 4, 4, 4, 8, 4, 8, 1, 2, 1, 2, 4]
const FIRST_ACCESS = 0x28
const FIRST_STORE = 0x36
/** Types of what 0x36 to 0x3e store. */
const STORED = [I32, I64, F32, F64, I32, I32, I64, I64, I64]
const BULK = { prefix: 0xfc, copy: 10, fill: 11 } as const
const VECTOR = { prefix: 0xfd, store: 11, firstStoreLane: 88, lastStoreLane: 91 } as const

/** Instructions that are not followed by the next one, or that others jump to. */
const BOUNDARIES: ReadonlySet<number> = new Set([
  0x00, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13,
])

/** Instructions that no machine has: blocks and their ends, locals, constants. */
const FREE: ReadonlySet<number> = new Set([
  0x01, 0x02, 0x03, 0x05, 0x0b, 0x1a, 0x20, 0x21, 0x22, 0x41, 0x42, 0x43, 0x44,
])

/** The module that writes down what it does. Its own memory must be imported, and be its only one. */
export function addTrace(sections: readonly Section[]): Section[] {
  const functions = readFunctions(sections)
  const { types, first, typeOf, bodies } = functions
  const mark = first + bodies.length
  const traced = bodies.map((body, index) => {
    const parameters = types[typeOf[index]!]!.parameters.length
    return traceBody(body, { parameters, index: first + index, mark })
  })
  const marking = { parameters: Uint8Array.of(I32, I32, I32), results: Uint8Array.of(), body: toMark() }
  const marked = withFunctions(sections, functions, traced, [marking])
  return addMemoryImport(marked, EPOCH_IMPORT, { flags: 3, min: TRACE_PAGES, max: TRACE_PAGES })
}

interface Place {
  readonly parameters: number
  /** Of the function. */
  readonly index: number
  /** Of the function that marks lines. */
  readonly mark: number
}

function traceBody(body: Uint8Array, { parameters, index, mark }: Place): Uint8Array {
  const {
    body: longer,
    first: locals,
    start,
  } = addLocals(
    body,
    parameters,
    SCRATCH.map((type) => ({ count: 1, type })),
  )
  const reader = new Reader(longer, start)
  const writer = new Writer().append(longer.subarray(0, start))
  const [a, b, c] = [locals, locals + 1, locals + 2]
  const toScratch = (type: number): number => locals + SCRATCH.indexOf(type as never, 3)
  const get = (local: number): Writer => writer.u8(0x20).u32(local)
  const set = (local: number): Writer => writer.u8(0x21).u32(local)
  const tee = (local: number): Writer => writer.u8(0x22).u32(local)
  const constant = (value: number): Writer => writer.u8(0x41).signed(value | 0)
  const callMark = (width: number, flag: number): void => {
    constant(width)
    constant(flag)
    writer.u8(0x10).u32(mark)
  }
  const entry = FUNCTIONS + FUNCTION_BYTES * index
  addTo(writer, entry, 1)
  let run = 0
  let copied = reader.at
  while (!reader.done) {
    const { at } = reader
    const opcode = skipInstruction(reader)
    if (!FREE.has(opcode)) run++
    const access = BOUNDARIES.has(opcode) ? undefined : readAccess(new Reader(reader.bytes, at, reader.at))
    if (access === undefined && !BOUNDARIES.has(opcode)) continue
    writer.append(reader.bytes.subarray(copied, at))
    copied = at
    if (access === undefined) {
      if (run > 0) addTo(writer, entry + 8, run)
      run = 0
    } else if (access.kind === 'load') {
      tee(a)
      get(a)
      constant(access.offset)
      writer.u8(0x6a)
      callMark(access.width, READ)
    } else if (access.kind === 'store') {
      const value = toScratch(access.type)
      set(value)
      tee(a)
      get(a)
      constant(access.offset)
      writer.u8(0x6a)
      callMark(access.width, WRITTEN)
      get(value)
    } else {
      set(c)
      set(b)
      set(a)
      get(a)
      get(c)
      constant(WRITTEN)
      writer.u8(0x10).u32(mark)
      if (access.kind === 'copy') {
        get(b)
        get(c)
        constant(READ)
        writer.u8(0x10).u32(mark)
      }
      get(a)
      get(b)
      get(c)
    }
  }
  return writer.append(reader.bytes.subarray(copied)).finish()
}

type Access =
  | { readonly kind: 'load'; readonly offset: number; readonly width: number }
  | { readonly kind: 'store'; readonly offset: number; readonly width: number; readonly type: number }
  | { readonly kind: 'copy' | 'fill' }

/** What an instruction does to memory 0, if anything. */
function readAccess(reader: Reader): Access | undefined {
  const opcode = reader.u8()
  if (opcode >= FIRST_ACCESS && opcode < FIRST_ACCESS + WIDTHS.length) {
    const offset = readOffset(reader)
    const width = WIDTHS[opcode - FIRST_ACCESS]!
    const type = STORED[opcode - FIRST_STORE]
    return type === undefined ? { kind: 'load', offset, width } : { kind: 'store', offset, width, type }
  }
  if (opcode === BULK.prefix) {
    const operation = reader.u32()
    if (operation === BULK.copy) return { kind: 'copy' }
    if (operation === BULK.fill) return { kind: 'fill' }
  }
  if (opcode === VECTOR.prefix) {
    const operation = reader.u32()
    const isStore =
      operation === VECTOR.store || (operation >= VECTOR.firstStoreLane && operation <= VECTOR.lastStoreLane)
    if (isStore) return { kind: 'store', offset: readOffset(reader), width: 16, type: V128 }
    if (operation < VECTOR.store || operation === 92 || operation === 93) {
      return { kind: 'load', offset: readOffset(reader), width: 16 }
    }
    if (operation >= 84 && operation < VECTOR.firstStoreLane) throw new Error('loads of lanes are not traced')
  }
  return undefined
}

function readOffset(reader: Reader): number {
  const alignment = reader.u32()
  if (alignment & MEMORY_INDEX) throw new Error('accesses of a second memory are not traced')
  return reader.u32()
}

/** `(at, length, flag)`: sets the flag for each line of the bytes. */
function toMark(): Uint8Array {
  const end = 3
  const writer = new Writer().u32(1).u32(1).u8(I32)
  const [at, length, flag] = [0, 1, 2]
  const code: number[] = []
  const emit = (...bytes: number[]): void => void code.push(...bytes)
  // if (length === 0) return
  emit(0x20, length, 0x45, 0x04, 0x40, 0x0f, 0x0b)
  // end = (at + length - 1) >>> 6; at >>>= 6
  emit(0x20, at, 0x20, length, 0x6a, 0x41, 1, 0x6b, 0x41, 6, 0x76, 0x21, end)
  emit(0x20, at, 0x41, 6, 0x76, 0x21, at)
  writer.append(Uint8Array.from(code))
  // do lines[at] |= flag; while (++at <= end)
  writer.append(Uint8Array.of(0x03, 0x40, 0x20, at, 0x20, at))
  writer.append(Uint8Array.of(0x2d, MEMORY_INDEX, 1)).u32(LINES)
  writer.append(Uint8Array.of(0x20, flag, 0x72))
  writer.append(Uint8Array.of(0x3a, MEMORY_INDEX, 1)).u32(LINES)
  writer.append(Uint8Array.of(0x20, at, 0x41, 1, 0x6a, 0x22, at, 0x20, end, 0x4d, 0x0d, 0, 0x0b, 0x0b))
  return writer.finish()
}

/** So many more in a u64 of memory 1. */
function addTo(writer: Writer, at: number, count: number): void {
  writer.append(Uint8Array.of(0x41, 0, 0x41, 0, 0x29, 3 | MEMORY_INDEX, 1)).u32(at)
  writer.u8(0x42).signed(count)
  writer.append(Uint8Array.of(0x7c, 0x37, 3 | MEMORY_INDEX, 1)).u32(at)
}
