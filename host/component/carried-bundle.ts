/**
 * The bundle that a component carries: the app's part of what was snapshotted, so that a component for another engine
 * can be made without the sources. It is data, in a custom section, which neither an engine's hash nor a host that
 * serves looks at. What is read here is hostile, like the rest of the file; nothing is unpacked.
 *
 *     "nano:bundle"  format:u8  entry:name  world:name  toolchain:vec(name)  map:sha-256  size:u32  code, compressed
 *                                                                            of the source map    of the code
 */
import { Reader } from '../wasm/reader.ts'
import { Writer } from '../wasm/writer.ts'
import { COMPONENT_SECTION, readComponent, refuse, refusing } from './read.ts'

/** Largest code that is carried: the engine keeps it in the memory, which is in the component once more. */
export const MAX_CODE_BYTES = 64 * 1024 * 1024

/** The section's name, as its first bytes. */
const START = new Writer().name('nano:bundle').finish()
const FORMAT = 1
const HASH_BYTES = 32
const MAX_TOOLS = 16
const MAX_TEXT = 255
/** A text ends up in messages: nothing in it moves a cursor, ends a line or turns the direction of writing. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u

export interface CarriedBundle {
  /** The app's entry file, as messages call it. */
  readonly entry: string
  /** The world that the component was built for. */
  readonly world: string
  /** Name and version of what it was built with. */
  readonly toolchain: readonly string[]
  /** SHA-256, in lower-case hex, of the source map that belongs to the code. */
  readonly mapHash: string
  readonly codeBytes: number
  /** The code, compressed with Brotli. */
  readonly compressed: Uint8Array
}

/** The bundle that a component carries, or undefined. Throws COMPONENT_INVALID. Views of the component's bytes. */
export function readCarriedBundle(component: Uint8Array): CarriedBundle | undefined {
  const { sections } = readComponent(component)
  const found = sections.filter(({ id, payload }) => id === COMPONENT_SECTION.custom && isBundle(payload))
  const [first] = found
  if (first === undefined) return undefined
  if (found.length > 1) refuse(`it carries ${found.length} bundles`)
  return refusing(() => read(new Reader(first.payload, START.length)))
}

/** The component with a bundle in it. It has none so far. */
export function withCarriedBundle(
  component: Uint8Array,
  { entry, world, toolchain, mapHash, codeBytes, compressed }: CarriedBundle,
): Uint8Array<ArrayBuffer> {
  const payload = new Writer().append(START).u8(FORMAT).name(toText(entry)).name(world).u32(toolchain.length)
  for (const tool of toolchain) payload.name(tool)
  payload.append(Buffer.from(mapHash, 'hex')).u32(codeBytes).append(compressed)
  const writer = new Writer().append(component)
  return writer.u8(COMPONENT_SECTION.custom).u32(payload.length).append(payload.finish()).finish()
}

function isBundle(payload: Uint8Array): boolean {
  return START.every((byte, index) => payload[index] === byte)
}

function read(reader: Reader): CarriedBundle {
  const format = reader.u8()
  if (format !== FORMAT) {
    refuse(`its bundle has the format ${format}, and this version of NANO reads ${FORMAT}`)
  }
  const entry = readText(reader)
  const world = readText(reader)
  const count = reader.count()
  if (count > MAX_TOOLS) refuse(`its bundle names ${count} tools; at most ${MAX_TOOLS} are admitted`)
  const toolchain = Array.from({ length: count }, () => readText(reader))
  const mapHash = Buffer.from(reader.take(HASH_BYTES)).toString('hex')
  const codeBytes = reader.u32()
  if (codeBytes > MAX_CODE_BYTES) {
    refuse(`its bundle unpacks to ${codeBytes} bytes; at most ${MAX_CODE_BYTES} are admitted`)
  }
  const compressed = reader.take(reader.end - reader.at)
  return { entry, world, toolchain, mapHash, codeBytes, compressed }
}

function readText(reader: Reader): string {
  const text = reader.name()
  if (text === '' || text !== toText(text)) reader.fail('a text of the bundle is not printable, or too long')
  return text
}

/** A text as it can be carried. */
function toText(text: string): string {
  return Array.from(text.slice(0, MAX_TEXT), (character) =>
    UNPRINTABLE.test(character) ? '\ufffd' : character,
  ).join('')
}
