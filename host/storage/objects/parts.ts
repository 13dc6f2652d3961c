/** Which parts an object of several parts is made of, what holds for them, and what is read of them. */

import type { FileRow } from './catalog.ts'
import type { FilePart } from './contents.ts'
import type { UploadedPart } from './object-store.ts'
import { r2Error } from './r2-error.ts'
import type { Range } from './range.ts'

const OPERATION = 'completeMultipartUpload'
/** Every part but the last. */
const LEAST_PART_BYTES = 5 * 1024 * 1024

/** Those that are asked for, in the order of their numbers; none make an empty object. All but the last have one size, and that is no smaller. */
export function selectParts<Part extends Pick<FileRow, 'part' | 'size' | 'md5'>>(
  asked: readonly UploadedPart[],
  uploaded: readonly Part[],
): Part[] {
  const byNumber = new Map(uploaded.map((part) => [part.part, part]))
  const selected = new Map<number, Part>()
  for (const { partNumber, etag } of asked) {
    const part = byNumber.get(partNumber)
    if (part === undefined || part.md5 !== etag) throw r2Error(OPERATION, 'part')
    if (selected.has(partNumber)) throw r2Error(OPERATION, 'parts')
    selected.set(partNumber, part)
  }
  const parts = [...selected.values()].sort((a, b) => a.part - b.part)
  const [first] = parts
  const last = parts.at(-1)
  if (first === undefined || last === undefined) return []
  const others = parts.slice(0, -1)
  if (others.some(({ size }) => size < LEAST_PART_BYTES)) throw r2Error(OPERATION, 'tooSmall')
  if (others.some(({ size }) => size !== first.size) || last.size > first.size)
    throw r2Error(OPERATION, 'parts')
  return parts
}

/** The parts of files that a range of them all together comes to. */
export function cut(files: readonly FileRow[], { offset, length }: Range): FilePart[] {
  const parts: FilePart[] = []
  let at = 0
  for (const { name, size } of files) {
    const first = Math.max(offset, at)
    const end = Math.min(offset + length, at + size)
    if (first < end) parts.push({ name, offset: first - at, length: end - first })
    at += size
  }
  return parts
}
