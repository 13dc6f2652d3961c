/** Functions of the engine, known by their code, and edits of them. Pure. */
import { createHash } from 'node:crypto'
import { skipLocals } from '../../wasm/functions.ts'
import { OPCODE, skipInstruction } from '../../wasm/instructions.ts'
import { Reader } from '../../wasm/reader.ts'
import { Writer } from '../../wasm/writer.ts'

/** A function of the engine. */
export interface Known {
  /** SHA-256 of its code, in which the numbers of other functions do not count: those differ from world to world. */
  readonly hash: string
  readonly bytes: number
}

/** Where it is in its function. */
export interface Instruction {
  readonly opcode: number
  readonly at: number
  readonly end: number
}

/** What is left out of a function, or has others in its place. */
export interface Edit {
  readonly at: number
  readonly end: number
  readonly by?: Uint8Array
}

/** Numbers of functions make one longer or shorter by less than a part of its length. */
const SLACK = 0.1

/** Which of them it is; -1: none. */
export function findKnown(bodies: readonly Uint8Array[], { hash, bytes }: Known): number {
  return bodies.findIndex((body) => Math.abs(body.length - bytes) <= bytes * SLACK && toShape(body) === hash)
}

function toShape(body: Uint8Array): string {
  const hash = createHash('sha256')
  let from = 0
  for (const { opcode, at, end } of readCode(body)) {
    if (opcode !== OPCODE.call && opcode !== OPCODE.callIndirect) continue
    hash.update(body.subarray(from, at + 1))
    from = end
  }
  return hash.update(body.subarray(from)).digest('hex')
}

export function readCode(body: Uint8Array): Instruction[] {
  const reader = skipLocals(body)
  const code: Instruction[] = []
  while (!reader.done) {
    const { at } = reader
    code.push({ opcode: skipInstruction(reader), at, end: reader.at })
  }
  return code
}

/** `edits`: in any order, none in another one. */
export function edit(body: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const writer = new Writer()
  let from = 0
  for (const { at, end, by } of edits.toSorted((a, b) => a.at - b.at)) {
    writer.append(body.subarray(from, at))
    if (by !== undefined) writer.append(by)
    from = end
  }
  return writer.append(body.subarray(from)).finish()
}

/** The function with more locals: which is the first of them, and where its code begins. */
export function addLocals(
  body: Uint8Array,
  parameters: number,
  { count, type }: { count: number; type: number },
) {
  const reader = new Reader(body)
  const groups = reader.count()
  const from = reader.at
  let first = parameters
  for (let left = groups; left > 0; left--) {
    first += reader.u32()
    reader.skipInteger()
  }
  const writer = new Writer().u32(groups + 1).append(body.subarray(from, reader.at))
  const end = writer.u32(count).u8(type).length
  return { body: writer.append(body.subarray(reader.at)).finish(), first, end }
}
