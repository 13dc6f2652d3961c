/**
 * Reads a component's bytes into checked parts. The bytes are hostile: nothing in them is run, compiled or handed to
 * a code generator, nothing is copied, and the walk does not recurse. What is nested stays opaque bytes.
 *
 *     "\0asm" 0d 00 01 00   ( id:u8  size:u32  payload )*      of these, id 1 is a core module
 *
 * The main module is the largest core module: the engine itself, with the app's memory in its data segments. The
 * others are small adapters. A file that is anything else is refused with what was wanted, what came, what to do.
 */
import { NanoError } from '../errors.ts'
import { MalformedWasm, Reader } from '../wasm/reader.ts'
import { isCoreModule, parseModule, type Section } from '../wasm/sections.ts'

/** Largest component that is read at all. */
export const MAX_COMPONENT_BYTES = 64 * 1024 * 1024
/** Sections at the top of a component; those of NANO's builds have some dozens. */
const MAX_SECTIONS = 10_000
const MAX_SECTION_ID = 12

/** Section ids of a component that matter here. */
export const COMPONENT_SECTION = { custom: 0, coreModule: 1 } as const

const MAGIC = Uint8Array.of(0, 0x61, 0x73, 0x6d)
/** How every component begins. */
export const COMPONENT_PREAMBLE = Uint8Array.of(...MAGIC, 0x0d, 0, 1, 0)
const ADVICE = 'Build the app with "nano-workers build".'

export interface ComponentParts {
  /** All sections in order; payloads are views. */
  readonly sections: readonly Section[]
  /** The section that holds the main module. */
  readonly main: Section
  /** The sections of the main module. */
  readonly mainSections: readonly Section[]
}

/** The parts of a component. Throws COMPONENT_INVALID. */
export function readComponent(bytes: Uint8Array): ComponentParts {
  return refusing(() => {
    checkPreamble(bytes)
    const sections = readSections(bytes)
    const modules = sections.filter((section) => section.id === COMPONENT_SECTION.coreModule)
    const [first] = modules
    if (first === undefined) refuse('the component holds no core module')
    const main = modules.reduce((a, b) => (b.payload.length > a.payload.length ? b : a), first)
    return { sections, main, mainSections: parseModule(main.payload) }
  })
}

/** Runs a reader over a component's bytes; what is malformed there becomes COMPONENT_INVALID. */
export function refusing<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof MalformedWasm) refuse(`it is broken: ${error.message}`, error)
    throw error
  }
}

/** Refuses a component. `came`: what is wrong with it. */
export function refuse(came: string, cause?: unknown): never {
  throw new NanoError('COMPONENT_INVALID', `expected a component built by NANO, but ${came}. ${ADVICE}`, {
    cause,
  })
}

/** Refuses a file for its size. To be asked before it is read. */
export function checkSize(bytes: number): void {
  if (bytes === 0) refuse('the file is empty')
  if (bytes > MAX_COMPONENT_BYTES) {
    refuse(`the file has ${bytes} bytes; at most ${MAX_COMPONENT_BYTES} are admitted`)
  }
}

function checkPreamble(bytes: Uint8Array): void {
  checkSize(bytes.length)
  if (!startsWith(bytes, MAGIC)) {
    const head = new TextDecoder('latin1').decode(bytes.subarray(0, 256)).trimStart()
    if (/^(\(|;;)/.test(head)) refuse('it is WebAssembly as text')
    refuse('it is not WebAssembly')
  }
  if (bytes.length < COMPONENT_PREAMBLE.length) refuse('it is cut off after a few bytes')
  if (isCoreModule(bytes)) refuse('it is a core module')
  if (!startsWith(bytes, COMPONENT_PREAMBLE)) {
    refuse('it is WebAssembly of a version that is not known here')
  }
}

function readSections(bytes: Uint8Array): Section[] {
  const reader = new Reader(bytes, COMPONENT_PREAMBLE.length)
  const sections: Section[] = []
  while (!reader.done) {
    const id = reader.u8()
    if (id > MAX_SECTION_ID) reader.fail(`unknown component section ${id}`)
    const size = reader.u32()
    const left = bytes.length - reader.at
    if (size > left) refuse(`it is cut off: a section of ${size} bytes begins ${left} bytes before the end`)
    sections.push({ id, payload: reader.take(size) })
    if (sections.length > MAX_SECTIONS) refuse(`it has more than ${MAX_SECTIONS} sections`)
  }
  return sections
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return start.every((byte, index) => bytes[index] === byte)
}
