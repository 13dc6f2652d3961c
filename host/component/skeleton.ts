/**
 * Splits a component into its skeleton's hash and the app's memory. Two apps of one toolchain and world have one
 * skeleton: all bytes except
 *
 *   - the main module's data segments and their count: the app's memory,
 *   - the minimum of the main module's memory, which grows with the app,
 *   - custom sections (names, producers): they say who made it, and nothing here ever uses them.
 *
 * What is left out of the hash is either checked here (memory, segments) or ignored for good (custom sections): a
 * component with a known hash can bring nothing but memory content into a host. Every part is hashed behind its id
 * and length, so two different skeletons never give the same input to the hash.
 */
import { createHash, type Hash } from 'node:crypto'
import { readDataSegments, type DataSegment } from '../wasm/data-segments.ts'
import { readMemory, WASM_PAGE } from '../wasm/memory.ts'
import { SECTION, type Section } from '../wasm/sections.ts'
import { COMPONENT_SECTION, readComponent, refuse, refusing, type ComponentParts } from './read.ts'

const FORMAT = 'nano skeleton 1'
/** Stands for the main module's length, which no section can have. */
const MAIN = 0xffff_ffff
const END_OF_MAIN = 0xff
const WITHOUT_MAXIMUM = 0xffff_ffff

export interface SplitComponent {
  /** SHA-256 in lower-case hex. Names the engine. */
  readonly skeletonHash: string
  /** What the memory must have at least before the segments are laid into it. */
  readonly memoryMinPages: number
  /** In order, not overlapping, within the minimum. Views of the component's bytes. */
  readonly segments: readonly DataSegment[]
}

/** Reads, checks and splits a component. Throws COMPONENT_INVALID. */
export function splitComponent(bytes: Uint8Array): SplitComponent {
  const parts = readComponent(bytes)
  return refusing(() => {
    const memory = readMemory(parts.mainSections)
    const segments = readDataSegments(parts.mainSections)
    checkSegments(segments, memory.min * WASM_PAGE)
    return { skeletonHash: hashSkeleton(parts), memoryMinPages: memory.min, segments }
  })
}

function hashSkeleton({ sections, main, mainSections }: ComponentParts): string {
  const hash = createHash('sha256').update(FORMAT)
  for (const section of sections) {
    if (section.id === COMPONENT_SECTION.custom) continue
    if (section === main) hashMain(hash, mainSections)
    else hashPart(hash, section)
  }
  return hash.digest('hex')
}

function hashMain(hash: Hash, sections: readonly Section[]): void {
  hashHead(hash, COMPONENT_SECTION.coreModule, MAIN)
  for (const section of sections) {
    const { id } = section
    if (id === SECTION.custom || id === SECTION.data || id === SECTION.dataCount) continue
    if (id === SECTION.memory) hashHead(hash, id, readMemory(sections).max ?? WITHOUT_MAXIMUM)
    else hashPart(hash, section)
  }
  hashHead(hash, END_OF_MAIN, 0)
}

function hashPart(hash: Hash, { id, payload }: Section): void {
  hashHead(hash, id, payload.length)
  hash.update(payload)
}

function hashHead(hash: Hash, id: number, value: number): void {
  const head = new DataView(new ArrayBuffer(5))
  head.setUint8(0, id)
  head.setUint32(1, value)
  hash.update(head)
}

function checkSegments(segments: readonly DataSegment[], memoryBytes: number): void {
  if (segments.length === 0) refuse('it holds no snapshot of an app')
  let end = 0
  for (const [index, { offset, bytes }] of segments.entries()) {
    if (offset < end) refuse(`data segment ${index} lies before the end of the one before it`)
    end = offset + bytes.length
    if (end > memoryBytes) refuse(`data segment ${index} ends beyond the memory's ${memoryBytes} bytes`)
  }
}
