/**
 * Epoch interruption: a module that stops by itself once a moment has passed. Whoever owns the second memory writes
 * what time it is and until when the module may run; the module compares them wherever it could run on for ever.
 *
 *     memory 1:   0: now, i32    4: deadline, i32
 *
 *     function:   locals  [check]  ...          check:  if (now - deadline >= 0) unreachable
 *     loop:       loop t  [check]  ...
 *
 * The words count in a circle, which is why their difference is compared and not they. A function that neither loops
 * nor calls ends by itself and is left as it is. Bulk operations are not cut: the memory's size bounds each.
 */
import { addMemoryImport, countImports } from './imports.ts'
import { MEMORY_INDEX, OPCODE, skipInstruction } from './instructions.ts'
import { MalformedWasm, Reader } from './reader.ts'
import { findSection, replaceSection, SECTION, type Section } from './sections.ts'
import { Writer } from './writer.ts'

/** Where an instrumented module finds its second memory: one page, shared. */
export const EPOCH_IMPORT = { module: 'nano', name: 'epoch' } as const

/** The words of that memory, by their index. */
export const EPOCH_WORD = { now: 0, deadline: 1 } as const

const WORD_BYTES = 4

/** Flags of a memory's limits: shared, and then with a maximum. */
const SHARED = 3

/** i32.sub, i32.const 0, i32.ge_s, if, unreachable, end. */
const COMPARE = [0x6b, 0x41, 0, 0x4e, 0x04, 0x40, 0x00, 0x0b]
const CHECK = Uint8Array.of(...toLoad(EPOCH_WORD.now), ...toLoad(EPOCH_WORD.deadline), ...COMPARE)

/** i32.const 0, i32.load of memory 1. */
function toLoad(word: number): number[] {
  return [0x41, 0, 0x28, 2 | MEMORY_INDEX, 1, word * WORD_BYTES]
}

/** The module with the check in it. Its own memory must be imported, and be its only one. */
export function addEpochChecks(sections: readonly Section[]): Section[] {
  const code = findSection(sections, SECTION.code)
  if (code === undefined) return importEpoch(sections)
  return importEpoch(replaceSection(sections, SECTION.code, checkCode(code)))
}

function importEpoch(sections: readonly Section[]): Section[] {
  const isOnly = countImports(sections, 'memory') === 1 && findSection(sections, SECTION.memory) === undefined
  if (!isOnly) throw new MalformedWasm('the module has other memories than one that is imported', 0)
  return addMemoryImport(sections, EPOCH_IMPORT, { flags: SHARED, min: 1, max: 1 })
}

function checkCode(code: Uint8Array): Uint8Array {
  const reader = new Reader(code)
  const count = reader.count()
  const writer = new Writer().u32(count)
  for (let index = 0; index < count; index++) {
    const size = reader.u32()
    const start = reader.at
    const body = reader.take(size)
    const places = findPlaces(new Reader(code, start, reader.at))
    writer.u32(size + places.length * CHECK.length)
    let from = start
    for (const place of places) {
      writer.append(code.subarray(from, place)).append(CHECK)
      from = place
    }
    writer.append(code.subarray(from, start + body.length))
  }
  if (!reader.done) reader.fail('bytes after the last function')
  return writer.finish()
}

/** Where in a function's body a check has to be, ascending. */
function findPlaces(reader: Reader): number[] {
  // groups of locals: how many, and of which type
  for (let groups = reader.count(); groups > 0; groups--) {
    reader.u32()
    reader.skipInteger()
  }
  const places = [reader.at]
  let isBounded = true
  while (!reader.done) {
    const opcode = skipInstruction(reader)
    if (opcode === OPCODE.loop) places.push(reader.at)
    else if (opcode >= OPCODE.call && opcode <= OPCODE.returnCallIndirect) isBounded = false
  }
  return isBounded && places.length === 1 ? [] : places
}
