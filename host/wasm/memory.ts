/**
 * The one memory of an engine's module. `importMemory` turns it from a defined into an imported one, so that the host
 * owns it: its maximum, its content, its reuse.
 *
 *     section 2: ..., + import "nano" "memory" (memory 0..)      section 5: gone      exports: memory 0 stays memory 0
 *
 * Memories have an index space of their own, and there is no other: no index anywhere else in the module changes. The
 * import asks for no minimum and no maximum, so a memory of any size fits; its owner makes it large enough.
 */
import { addMemoryImport, readImports, readLimits, type Limits } from './imports.ts'
import { Reader } from './reader.ts'
import { dropSections, findSection, replaceSection, SECTION, type Section } from './sections.ts'
import { Writer } from './writer.ts'

/** Bytes in a page of WebAssembly memory. */
export const WASM_PAGE = 65_536
export const PAGES_PER_MB = 16
/** Pages in the largest 32-bit memory. */
export const MAX_PAGES = 65_536
/** Where an edited module finds its memory. */
export const MEMORY_IMPORT = { module: 'nano', name: 'memory' } as const

/** Limits of the module's one memory, in pages. Refuses imported, shared and further memories. */
export function readMemory(sections: readonly Section[]): Limits {
  const payload = findSection(sections, SECTION.memory)
  const reader = new Reader(payload ?? new Uint8Array(), 0)
  if (payload === undefined) reader.fail('the module defines no memory')
  if (readImports(sections).some((entry) => entry.kind === 'memory')) reader.fail('the memory is imported')
  if (reader.count() !== 1) reader.fail('the module has more than one memory')
  const limits = readLimits(reader)
  if (limits.flags > 1) reader.fail('the memory is shared')
  if (!reader.done) reader.fail('bytes after the memory')
  if (limits.min > MAX_PAGES || (limits.max ?? 0) > MAX_PAGES) reader.fail('the memory is too large')
  if (limits.max !== undefined && limits.max < limits.min) reader.fail('the maximum is below the minimum')
  return limits
}

/** The module with another minimum (and no smaller maximum) of its defined memory. */
export function withMemory(sections: readonly Section[], min: number, max?: number): Section[] {
  const writer = new Writer().u32(1)
  if (max === undefined) writer.u8(0).u32(min)
  else writer.u8(1).u32(min).u32(max)
  return replaceSection(sections, SECTION.memory, writer.finish())
}

/** The module with its memory imported from `MEMORY_IMPORT`. */
export function importMemory(sections: readonly Section[]): Section[] {
  readMemory(sections)
  return addMemoryImport(dropSections(sections, SECTION.memory), MEMORY_IMPORT, {
    flags: 0,
    min: 0,
    max: undefined,
  })
}
