/** Functions of the engine, known by their code. Pure. */
import { createHash } from 'node:crypto'
import { skipLocals } from '../../wasm/functions.ts'
import { OPCODE, skipInstruction } from '../../wasm/instructions.ts'

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
