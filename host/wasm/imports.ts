/**
 * The import section. Functions, tables, memories, globals and tags have an index space each, and imports come first
 * in theirs: whoever reads definitions by index needs to know how many were imported.
 */
import { Reader } from './reader.ts'
import { findSection, replaceSection, SECTION, type Section } from './sections.ts'
import { Writer } from './writer.ts'

export type ExternKind = 'function' | 'table' | 'memory' | 'global' | 'tag'

/** Kinds by their byte in the format. */
export const EXTERN_KINDS: readonly ExternKind[] = ['function', 'table', 'memory', 'global', 'tag']

/** Imports of one module; an engine has some dozens. */
const MAX_IMPORTS = 10_000

export interface Import {
  readonly module: string
  readonly name: string
  readonly kind: ExternKind
}

/** Minimum and maximum of a memory or table, and the flags they were written with. */
export interface Limits {
  readonly flags: number
  readonly min: number
  readonly max: number | undefined
}

/** Limits of 32-bit memories and tables: plain, with maximum, or shared. */
export function readLimits(reader: Reader): Limits {
  const flags = reader.u8()
  if (flags > 3) reader.fail(`limits with flags ${flags}`)
  const min = reader.u32()
  return { flags, min, max: flags & 1 ? reader.u32() : undefined }
}

export function readImports(sections: readonly Section[]): Import[] {
  const payload = findSection(sections, SECTION.import)
  if (payload === undefined) return []
  const reader = new Reader(payload)
  const count = reader.count()
  if (count > MAX_IMPORTS) reader.fail(`${count} imports; at most ${MAX_IMPORTS} are admitted`)
  return Array.from({ length: count }, () => readImport(reader))
}

/** How many definitions of a kind are imported, so the index of the first one that the module defines itself. */
export function countImports(sections: readonly Section[], kind: ExternKind): number {
  return readImports(sections).filter((entry) => entry.kind === kind).length
}

/** The module with one more memory, imported after all others. */
export function addMemoryImport(
  sections: readonly Section[],
  { module, name }: Pick<Import, 'module' | 'name'>,
  { flags, min, max }: Limits,
): Section[] {
  const imports = findSection(sections, SECTION.import) ?? Uint8Array.of(0)
  const reader = new Reader(imports)
  const count = reader.u32()
  const writer = new Writer()
    .u32(count + 1)
    .append(imports.subarray(reader.at))
    .name(module)
    .name(name)
    .u8(EXTERN_KINDS.indexOf('memory'))
    .u8(flags)
    .u32(min)
  if (max !== undefined) writer.u32(max)
  return replaceSection(sections, SECTION.import, writer.finish())
}

function readImport(reader: Reader): Import {
  const module = reader.name()
  const name = reader.name()
  const kind = EXTERN_KINDS[reader.u8()]
  if (kind === undefined) return reader.fail('import of an unknown kind')
  if (kind === 'function') reader.u32()
  else if (kind === 'memory') readLimits(reader)
  else if (kind === 'global') reader.take(2)
  else {
    reader.u8()
    if (kind === 'table') readLimits(reader)
    else reader.u32()
  }
  return { module, name, kind }
}
