/**
 * Instructions of a function body, one after the other, by the lengths of their immediates. What is known is what the
 * engines are compiled with: version 2 of the specification (bulk memory, vectors, reference types), tail calls and
 * the older form of exceptions. An opcode that is not known is an error: a wrong guess would read everything after it
 * wrongly.
 */
import { Reader } from './reader.ts'

export const OPCODE = {
  loop: 0x03,
  call: 0x10,
  callIndirect: 0x11,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  tableGet: 0x25,
  tableSet: 0x26,
  refFunc: 0xd2,
  /** A prefix: which operation, the operand says. */
  bulk: 0xfc,
} as const

/** The other prefix. */
const VECTOR = 0xfd

/** A flag of a memory access: the index of a memory follows. */
export const MEMORY_INDEX = 0x40

/** Bytes of a vector constant, and of a shuffle's lanes. */
const VECTOR_BYTES = 16
const LAST_VECTOR = 0x113

/** The first operand, a number, of the instruction at this place. */
export function readOperand(bytes: Uint8Array, at: number): number {
  return new Reader(bytes, at + 1).u32()
}

/** Steps over one instruction and gives its first byte. */
export function skipInstruction(reader: Reader): number {
  const opcode = reader.u8()
  if (opcode >= 0x45 && opcode <= 0xc4) return opcode
  if (opcode >= 0x28 && opcode <= 0x3e) skipAccess(reader)
  else if (opcode >= 0x20 && opcode <= 0x26) reader.skipInteger()
  else skipOther(reader, opcode)
  return opcode
}

function skipOther(reader: Reader, opcode: number): void {
  switch (opcode) {
    // unreachable, nop, else, end, return, catch_all, drop, select, ref.is_null
    case 0x00:
    case 0x01:
    case 0x05:
    case 0x0b:
    case 0x0f:
    case 0x19:
    case 0x1a:
    case 0x1b:
    case 0xd1:
      return
    // block, loop, if, try
    case 0x02:
    case 0x03:
    case 0x04:
    case 0x06:
      return skipBlockType(reader)
    // catch, throw, rethrow, br, br_if, call, return_call, delegate, memory.size, memory.grow, i32.const, i64.const,
    // ref.null, ref.func
    case 0x07:
    case 0x08:
    case 0x09:
    case 0x0c:
    case 0x0d:
    case 0x10:
    case 0x12:
    case 0x18:
    case 0x3f:
    case 0x40:
    case 0x41:
    case 0x42:
    case 0xd0:
    case 0xd2:
      return reader.skipInteger()
    // call_indirect, return_call_indirect
    case 0x11:
    case 0x13:
      return skipIntegers(reader, 2)
    // br_table: a vector and the default
    case 0x0e:
      return skipIntegers(reader, reader.count() + 1)
    // select of types
    case 0x1c:
      return skipIntegers(reader, reader.count())
    // f32.const, f64.const
    case 0x43:
      return void reader.take(4)
    case 0x44:
      return void reader.take(8)
    case OPCODE.bulk:
      return skipBulk(reader)
    case VECTOR:
      return skipVector(reader)
    default:
      return reader.fail(`unknown opcode 0x${opcode.toString(16)}`)
  }
}

/** Empty, a value type or the index of a type; references to types of the module are not known here. */
function skipBlockType(reader: Reader): void {
  const first = reader.bytes[reader.at]
  if (first === 0x63 || first === 0x64) reader.fail('unknown block type')
  reader.skipInteger()
}

/** Alignment, a memory's index where a flag says so, offset. */
function skipAccess(reader: Reader): void {
  const alignment = reader.u32()
  skipIntegers(reader, alignment & MEMORY_INDEX ? 2 : 1)
}

function skipBulk(reader: Reader): void {
  const operation = reader.u32()
  // saturating truncations
  if (operation <= 7) return
  if (operation > 17) reader.fail(`unknown opcode 0xfc ${operation}`)
  // memory.init, memory.copy, table.init and table.copy name two things, all others one
  const namesTwo = operation === 8 || operation === 10 || operation === 12 || operation === 14
  skipIntegers(reader, namesTwo ? 2 : 1)
}

function skipVector(reader: Reader): void {
  const operation = reader.u32()
  if (operation > LAST_VECTOR) reader.fail(`unknown opcode 0xfd ${operation}`)
  const isAccess = operation <= 11 || (operation >= 84 && operation <= 93)
  if (isAccess) skipAccess(reader)
  if (operation === 12 || operation === 13) reader.take(VECTOR_BYTES)
  // a lane
  if ((operation >= 21 && operation <= 34) || (operation >= 84 && operation <= 91)) reader.u8()
}

function skipIntegers(reader: Reader, count: number): void {
  for (let left = count; left > 0; left--) reader.skipInteger()
}
