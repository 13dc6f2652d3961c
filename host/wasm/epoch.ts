/**
 * Epoch interruption: a module that stops by itself once somebody says so. Whoever owns the second memory makes a word of
 * it negative when the time of the module is over; the module looks at it wherever it could run on for ever.
 *
 *     memory 1:   4: deadline, i32; the module reads no other
 *
 *     function:   locals  [check]  ...          check:  if (deadline < 0) unreachable
 *     loop:       loop t  [check]  ...
 *
 * Without a loop only a circle of calls could go on for ever, so there is a check in each circle: in every function that
 * calls through a table, and where calls by name come back to a function that has not returned. Others without a loop
 * are left as they are. Bulk operations are not cut: the memory's size bounds each.
 */
import { editBody, readFunctions, skipLocals, withFunctions, type Functions } from './functions.ts'
import { addMemoryImport, countImports } from './imports.ts'
import { MEMORY_INDEX, OPCODE, readOperand, skipInstruction } from './instructions.ts'
import { MalformedWasm } from './reader.ts'
import { findSection, SECTION, type Section } from './sections.ts'

/** Where an instrumented module finds its second memory: one page, shared. */
export const EPOCH_IMPORT = { module: 'nano', name: 'epoch' } as const

/**
 * The words of that memory, by their index; limits/epoch.ts says who writes which. `now`: the time, in milliseconds from
 * anywhere. `thread`: of whoever runs the module. `turns`: how often it was entered. `passed`: as `now`, and goes on when
 * that rests.
 */
export const EPOCH_WORD = { now: 0, deadline: 1, thread: 2, turns: 3, passed: 4 } as const

const WORD_BYTES = 4

/** Flags of a memory's limits: shared, and then with a maximum. */
const SHARED = 3

/** i32.const 0, i32.load of memory 1. */
const LOAD = [0x41, 0, 0x28, 2 | MEMORY_INDEX, 1, EPOCH_WORD.deadline * WORD_BYTES]
/** i32.const 0, i32.lt_s, if, unreachable, end. */
const TRAP_IF_NEGATIVE = [0x41, 0, 0x48, 0x04, 0x40, 0x00, 0x0b]
const CHECK = Uint8Array.of(...LOAD, ...TRAP_IF_NEGATIVE)

/** The module with the check in it. Its own memory must be imported, and be its only one. */
export function addEpochChecks(sections: readonly Section[]): Section[] {
  const functions = readFunctions(sections)
  if (functions.bodies.length === 0) return importEpoch(sections)
  return importEpoch(withFunctions(sections, functions, checkBodies(functions)))
}

function importEpoch(sections: readonly Section[]): Section[] {
  const isOnly = countImports(sections, 'memory') === 1 && findSection(sections, SECTION.memory) === undefined
  if (!isOnly) throw new MalformedWasm('the module has other memories than one that is imported', 0)
  return addMemoryImport(sections, EPOCH_IMPORT, { flags: SHARED, min: 1, max: 1 })
}

/** What of a function's body counts, by places in it. */
interface Seen {
  /** Behind the locals. */
  readonly first: number
  /** Behind the head of each loop, ascending. */
  readonly loops: readonly number[]
  /** Indices of the functions that it names in calls. */
  readonly calls: readonly number[]
  readonly callsTable: boolean
}

function checkBodies({ first: imported, bodies }: Functions): Uint8Array[] {
  const seen = bodies.map((body) => look(body))
  const returns = findReturns(seen.map(({ calls }) => calls.map((callee) => callee - imported)))
  return bodies.map((body, index) => {
    const { first, loops, callsTable } = seen[index]!
    const places = callsTable || returns.has(index) ? [first, ...loops] : loops
    return editBody(
      body,
      places.map((at) => ({ at, end: at, by: CHECK })),
    )
  })
}

function look(body: Uint8Array): Seen {
  const reader = skipLocals(body)
  const first = reader.at
  const loops: number[] = []
  const calls: number[] = []
  let callsTable = false
  while (!reader.done) {
    const { at } = reader
    const opcode = skipInstruction(reader)
    if (opcode === OPCODE.loop) loops.push(reader.at)
    else if (opcode === OPCODE.call || opcode === OPCODE.returnCall) calls.push(readOperand(body, at))
    else if (opcode === OPCODE.callIndirect || opcode === OPCODE.returnCallIndirect) callsTable = true
  }
  return { first, loops, calls, callsTable }
}

/**
 * Functions to which calls by name come back: the ends of back edges of a walk in depth through all of them, and so at
 * least one of every circle. What is not in the list is imported, and returns.
 */
function findReturns(calls: readonly (readonly number[])[]): ReadonlySet<number> {
  const returns = new Set<number>()
  const state = new Uint8Array(calls.length)
  const [isOpen, isDone] = [1, 2]
  for (const root of calls.keys()) {
    if (state[root] !== 0) continue
    state[root] = isOpen
    const path = [{ index: root, next: 0 }]
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const callee = calls[top.index]![top.next++]
      if (callee === undefined) {
        state[top.index] = isDone
        path.pop()
      } else if (state[callee] === isOpen) returns.add(callee)
      else if (state[callee] === 0) {
        state[callee] = isOpen
        path.push({ index: callee, next: 0 })
      }
    }
  }
  return returns
}
