/**
 * Whether a component from elsewhere may be given to jco, which writes JavaScript with the component's names in it. Nothing
 * does that does not keep to the grammar of names, read strictly and to the last byte:
 *
 *     imports, exports, aliases    a label, a method's name, or an interface with its version
 *     fields, cases, parameters    a label
 *     core modules, their links    letters, digits and the punctuation that tools write; no quote, no space
 *
 * What it imports are interfaces of WASI that are known here. What has no place in such a component is refused as a
 * whole: core types, values, and what is asynchronous.
 */

import { COMPONENT_PREAMBLE, MAX_COMPONENT_BYTES } from '../component/read.ts'
import { NanoError } from '../errors.ts'
import { readExports } from '../wasm/exports.ts'
import { readImports } from '../wasm/imports.ts'
import { MalformedWasm, Reader } from '../wasm/reader.ts'
import { parseModule } from '../wasm/sections.ts'
import { type NameJudge, type NamePlace, NameReader, SECTION } from './component-names.ts'

const LABEL = String.raw`(?:[a-z][\da-z]*|[A-Z][\dA-Z]*)(?:-(?:[\da-z]+|[\dA-Z]+))*`
const VERSION = String.raw`\d{1,9}\.\d{1,9}\.\d{1,9}(?:-[\dA-Za-z.-]{1,64})?(?:\+[\dA-Za-z.-]{1,64})?`
const GRAMMAR: Readonly<Record<NamePlace, RegExp>> = {
  label: new RegExp(`^${LABEL}$`),
  extern: new RegExp(
    `^(?:${LABEL}|\\[constructor\\]${LABEL}|\\[(?:method|static)\\]${LABEL}\\.${LABEL}|${LABEL}:${LABEL}/${LABEL}(?:@${VERSION})?)$`,
  ),
  core: /^[\w#$./:@[\]<>|!-]*$/,
}
const MOST_NAME = 256
/** What every object of JavaScript has. */
const OF_OBJECTS = new Set(['__proto__', 'constructor', 'prototype'])
const IMPORTED =
  /^wasi:(?:io\/(?:error|poll|streams)|clocks\/(?:monotonic-clock|wall-clock)|random\/(?:random|insecure|insecure-seed)|cli\/(?:environment|exit|stdin|stdout|stderr|terminal-(?:input|output|stdin|stdout|stderr))|filesystem\/(?:types|preopens)|http\/(?:types|outgoing-handler)|sockets\/(?:network|instance-network|ip-name-lookup|tcp|tcp-create-socket|udp|udp-create-socket))@0\.2\.\d{1,3}$/
const HANDLER = /^wasi:http\/incoming-handler@0\.2\.\d{1,3}$/
/** Components within components. */
const MOST_DEPTH = 4
const MOST_SECTIONS = 10_000
const LAYER_COMPONENT = 1

/** Gives what it imports. Throws COMPONENT_INVALID. */
export function checkForeign(bytes: Uint8Array): readonly string[] {
  if (bytes.length > MAX_COMPONENT_BYTES) refuse(`at most ${MAX_COMPONENT_BYTES} bytes, got ${bytes.length}`)
  try {
    const top = checkComponent(new Reader(bytes), 0)
    const unknown = top.imports.find((name) => !IMPORTED.test(name))
    if (unknown !== undefined) refuse(`imports of WASI 0.2 alone, got "${shown(unknown)}"`)
    if (!top.exports.some((name) => HANDLER.test(name)))
      refuse('an export wasi:http/incoming-handler@0.2, got a component without it')
    return top.imports
  } catch (error) {
    if (error instanceof MalformedWasm) refuse(`a component of wasi:http, got ${error.message}`, error)
    throw error
  }
}

interface Surface {
  readonly imports: readonly string[]
  readonly exports: readonly string[]
}

function checkComponent(reader: Reader, depth: number): Surface {
  if (depth > MOST_DEPTH) reader.fail('components are nested too deeply')
  const head = reader.take(COMPONENT_PREAMBLE.length)
  if (!COMPONENT_PREAMBLE.every((byte, index) => head[index] === byte) || head[6] !== LAYER_COMPONENT)
    reader.fail('another beginning than that of a component')
  const names = { [SECTION.import]: [] as string[], [SECTION.export]: [] as string[] }
  let count = 0
  while (!reader.done) {
    if (++count > MOST_SECTIONS) reader.fail('too many sections')
    const id = reader.u8()
    const size = reader.u32()
    const start = reader.at
    reader.take(size)
    const payload = new Reader(reader.bytes, start, start + size)
    if (id === SECTION.custom || id === SECTION.canon) continue
    if (id === SECTION.coreModule) checkModule(reader.bytes.subarray(start, start + size))
    else if (id === SECTION.component) checkComponent(payload, depth + 1)
    else {
      const seen: string[] = []
      new NameReader(payload, toJudge(seen)).section(id)
      if (id === SECTION.import) names[SECTION.import].push(...seen)
      else if (id === SECTION.export) names[SECTION.export].push(...seen)
    }
  }
  return { imports: names[SECTION.import], exports: names[SECTION.export] }
}

function checkModule(bytes: Uint8Array): void {
  const sections = parseModule(bytes)
  const judge = toJudge([])
  for (const { module, name } of readImports(sections)) {
    judge('core', module)
    judge('core', name)
  }
  for (const { name } of readExports(sections)) judge('core', name)
}

/** Notes those that are imported or exported. */
function toJudge(seen: string[]): NameJudge {
  return (place, name) => {
    if (name.length > MOST_NAME || !GRAMMAR[place].test(name) || OF_OBJECTS.has(name))
      refuse(`names that keep to the component model's grammar, got "${shown(name)}"`)
    if (place === 'extern') seen.push(name)
  }
}

/** A name in a message: nothing in it moves a cursor or ends a line. */
function shown(name: string): string {
  return JSON.stringify(name.slice(0, 80))
    .slice(1, -1)
    .replaceAll(/[^\x20-\x7e]/g, '?')
}

function refuse(what: string, cause?: unknown): never {
  throw new NanoError(
    'COMPONENT_INVALID',
    `expected ${what}. A foreign app is a component that exports wasi:http/incoming-handler@0.2.`,
    { cause },
  )
}
