/**
 * Data segments: what a module's memory holds before its first instruction. In a snapshot that is the whole app.
 * Only active segments of memory 0 at a constant offset are admitted; a snapshot has no others.
 */
import { Reader } from './reader.ts'
import { dropSections, findSection, replaceSection, SECTION, type Section } from './sections.ts'
import { Writer } from './writer.ts'

/** Segments in one module; V8 admits as many. */
const MAX_SEGMENTS = 100_000

export interface DataSegment {
  /** Address in memory. */
  readonly offset: number
  readonly bytes: Uint8Array
}

/** The segments in the order of the module; `bytes` are views. Bounds, order and overlap are not checked here. */
export function readDataSegments(sections: readonly Section[]): DataSegment[] {
  const payload = findSection(sections, SECTION.data)
  if (payload === undefined) return []
  const reader = new Reader(payload)
  const count = reader.count()
  if (count > MAX_SEGMENTS) reader.fail(`${count} data segments; at most ${MAX_SEGMENTS} are admitted`)
  const segments: DataSegment[] = []
  for (let index = 0; index < count; index++) {
    const flags = reader.u32()
    if (flags === 1) reader.fail(`data segment ${index} is passive; only active ones are admitted`)
    if (flags !== 0) reader.fail(`data segment ${index} has flags ${flags}; only memory 0 is admitted`)
    if (reader.u8() !== 0x41) reader.fail(`data segment ${index} is not at a constant offset`)
    const offset = reader.s32() >>> 0
    if (reader.u8() !== 0x0b) reader.fail(`data segment ${index} is not at a constant offset`)
    segments.push({ offset, bytes: reader.take(reader.u32()) })
  }
  if (!reader.done) reader.fail('bytes after the last data segment')
  return segments
}

/** The module with exactly these segments, its data count included if it has one. */
export function withDataSegments(sections: readonly Section[], segments: readonly DataSegment[]): Section[] {
  const writer = new Writer().u32(segments.length)
  for (const { offset, bytes } of segments) {
    writer
      .u8(0)
      .u8(0x41)
      .signed(offset | 0)
      .u8(0x0b)
      .u32(bytes.length)
      .append(bytes)
  }
  const written = replaceSection(sections, SECTION.data, writer.finish())
  if (findSection(sections, SECTION.dataCount) === undefined) return written
  return replaceSection(written, SECTION.dataCount, new Writer().u32(segments.length).finish())
}

/** The module without data and custom sections: the same code with nothing in its memory. */
export function stripData(sections: readonly Section[]): Section[] {
  return dropSections(sections, SECTION.data, SECTION.dataCount, SECTION.custom)
}
