/**
 * What of an instance changes while it runs: its memory and its globals, and nothing else. So an instance whose memory and
 * globals are as they were at first is as good as a new one.
 *
 * Held of the module: it has no start function; it imports functions and its memory; no instruction of it changes a table,
 * drops a segment or refers to one; its mutable globals are numbers, which are exported from here on.
 */
import { readFunctions, skipLocals } from './functions.ts'
import { exportGlobals } from './globals.ts'
import { readImports } from './imports.ts'
import { OPCODE, readOperand, skipInstruction } from './instructions.ts'
import { MalformedWasm, type Reader } from './reader.ts'
import type { Section } from './sections.ts'

const START_SECTION = 8
/** memory.init, data.drop, table.init, elem.drop, table.copy, table.grow, table.fill; table.size, 16, changes nothing. */
const CHANGES: ReadonlySet<number> = new Set([8, 9, 12, 13, 14, 15, 17])

/** The module with its globals exported. Throws for one that has more state. */
export function exportState(sections: readonly Section[]): Section[] {
  if (sections.some(({ id }) => id === START_SECTION)) refuse('it has a start function')
  const other = readImports(sections).find(({ kind }) => kind !== 'function' && kind !== 'memory')
  if (other !== undefined) refuse(`it imports the ${other.kind} ${other.name}`)
  for (const body of readFunctions(sections).bodies) checkBody(skipLocals(body))
  return exportGlobals(sections)
}

function checkBody(body: Reader): void {
  while (!body.done) {
    const { at } = body
    const opcode = skipInstruction(body)
    if (opcode === OPCODE.tableSet) refuse('it changes a table')
    if (opcode !== OPCODE.bulk) continue
    const operation = readOperand(body.bytes, at)
    if (CHANGES.has(operation)) refuse(`it changes a table or a segment, by bulk operation ${operation}`)
  }
}

function refuse(why: string): never {
  throw new MalformedWasm(`an instance of the module has more state than memory and globals: ${why}`, 0)
}
