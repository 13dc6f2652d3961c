/**
 * What a component says about its app's top level: which members of `env` it asks for. An image that was made without them is
 * made again for a deployment that has one (docs/decisions/env-images.md). It is data like the rest of the file: whoever lies
 * in it misses values of its own `env`, or has an image made for nothing.
 *
 *     "nano:env"  format:u8  flags:u8  names:vec(name)         in a custom section
 */
import { Reader } from '../wasm/reader.ts'
import { Writer } from '../wasm/writer.ts'
import { COMPONENT_SECTION, readComponent, refuse, refusing } from './read.ts'

/** The section's name, as its first bytes. */
const START = new Writer().name('nano:env').finish()
const FORMAT = 1
const FLAGS = { isClassic: 1, isRequired: 2, isAll: 4 } as const

/** Who asks for more names, or for longer ones, asks for all. */
export const MAX_NAMES = 1000
export const MAX_NAME = 128

export interface EnvReads {
  /** Members of `env` are globals. */
  readonly isClassic: boolean
  /** Without them the top level does not come to its end: the image in the component is a stand-in. */
  readonly isRequired: boolean
  /** It asks which members there are. */
  readonly isAll: boolean
  readonly names: readonly string[]
}

/** Undefined: the top level asks for nothing. Throws COMPONENT_INVALID. */
export function readEnvReads(component: Uint8Array): EnvReads | undefined {
  const { sections } = readComponent(component)
  const found = sections.filter(({ id, payload }) => id === COMPONENT_SECTION.custom && isReads(payload))
  const [first] = found
  if (first === undefined) return undefined
  if (found.length > 1) refuse(`it says ${found.length} times what of env it reads`)
  return refusing(() => read(new Reader(first.payload, START.length)))
}

/** The component with this in it. It says nothing so far. */
export function withEnvReads(component: Uint8Array, reads: EnvReads): Uint8Array<ArrayBuffer> {
  const flags = (Object.keys(FLAGS) as (keyof typeof FLAGS)[])
    .filter((name) => reads[name])
    .reduce((sum, name) => sum + FLAGS[name], 0)
  const payload = new Writer().append(START).u8(FORMAT).u8(flags).u32(reads.names.length)
  for (const name of reads.names) payload.name(name)
  const writer = new Writer().append(component)
  return writer.u8(COMPONENT_SECTION.custom).u32(payload.length).append(payload.finish()).finish()
}

function isReads(payload: Uint8Array): boolean {
  return START.every((byte, index) => payload[index] === byte)
}

function read(reader: Reader): EnvReads {
  const format = reader.u8()
  if (format !== FORMAT) {
    refuse(`what it says of env has the format ${format}, and this version of NANO reads ${FORMAT}`)
  }
  const flags = reader.u8()
  const count = reader.count()
  if (count > MAX_NAMES) refuse(`it reads ${count} names of env; at most ${MAX_NAMES} are admitted`)
  const names = Array.from({ length: count }, () => readName(reader))
  const has = (name: keyof typeof FLAGS) => (flags & FLAGS[name]) !== 0
  return { isClassic: has('isClassic'), isRequired: has('isRequired'), isAll: has('isAll'), names }
}

function readName(reader: Reader): string {
  const name = reader.name()
  if (name.length > MAX_NAME) reader.fail(`a name in env has ${name.length} characters`)
  return name
}
