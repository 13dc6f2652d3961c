/** The export section. */
import { EXTERN_KINDS, type ExternKind } from './imports.ts'
import { Reader } from './reader.ts'
import { findSection, replaceSection, SECTION, type Section } from './sections.ts'
import { Writer } from './writer.ts'

export interface Export {
  readonly name: string
  readonly kind: ExternKind
  readonly index: number
}

export function readExports(sections: readonly Section[]): Export[] {
  const payload = findSection(sections, SECTION.export)
  if (payload === undefined) return []
  const reader = new Reader(payload)
  return Array.from({ length: reader.count() }, () => {
    const name = reader.name()
    const kind = EXTERN_KINDS[reader.u8()]
    if (kind === undefined) return reader.fail('export of an unknown kind')
    return { name, kind, index: reader.u32() }
  })
}

/** The module with exactly these exports. */
export function withExports(sections: readonly Section[], exports: readonly Export[]): Section[] {
  const writer = new Writer().u32(exports.length)
  for (const { name, kind, index } of exports) {
    writer.name(name).u8(EXTERN_KINDS.indexOf(kind)).u32(index)
  }
  return replaceSection(sections, SECTION.export, writer.finish())
}
