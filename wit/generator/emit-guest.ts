/**
 * The guest's half of a world as a script for the engine: what its imports lower, what its exports lift. It stands where
 * componentize-js would have the code that it generates, and is given the same (`ENGINE`); the engine wants the same of it:
 *
 *     $bindings               memory, realloc, dealloc, then the imports in the engine's order
 *     contentGlobal           the globals that the app will have
 *     defineBuiltinModule     says what an import of the shim gives
 *     $source_mod             the shim, from `bindExports` on
 *
 *     globalThis.bindExports  called once, when the shim has been evaluated
 *     globalThis.export_turn  called with core arguments for each turn; gives a promise, throws whatever ends the instance
 *
 * Everything is in one function, whose variables the engine finds without a look at a global. A turn is synchronous, so
 * that one promise, which is settled, serves all. Views of the memory are kept as long as they reach far enough: memory
 * grows and never moves. A list or text that the host has laid into the memory is the guest's to free, which it does when
 * it has lifted it; what an import was lowered to, the engine frees behind the turn (`cabi_post_turn`). The realm is one that no app can reach; only what the shim is given is made in the app's.
 */
import { GuestLoads } from './emit-guest-load.ts'
import { GuestStores } from './emit-guest-store.ts'
import { toCamel } from './names.ts'
import { PRIMITIVES } from './primitives.ts'
import type { Field, ResolvedFunc, ResolvedWorld, Type } from './resolve.ts'
import { WitError } from './tokens.ts'

/** An import as the engine has it: interface with version, function. */
export type EngineImport = readonly [name: string, func: string, ...rest: readonly unknown[]]

const HEAD = `'use strict'
;(() => {
const { TextDecoder, TextEncoder } = contentGlobal
`

const MEMORY = `delete globalThis.$bindings

let buffer, size, bytes, words, view
function renew() {
  buffer = memory.buffer
  size = buffer.byteLength
  bytes = new Uint8Array(buffer)
  words = new Uint32Array(buffer, 0, size >>> 2)
  view = new DataView(buffer)
}
renew()

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
Object.defineProperty(decoder, 'decode', { value: decoder.decode })
const encoder = new TextEncoder()
Object.defineProperty(encoder, 'encode', { value: encoder.encode })
const setItems = Function.prototype.call.bind(Uint8Array.prototype.set)

function loadString(at) {
  const length = words[at + 4 >>> 2]
  if (length === 0) return ''
  const start = words[at >>> 2]
  if (start + length > size) renew()
  const text = decoder.decode(new Uint8Array(buffer, start, length))
  dealloc(start)
  return text
}
function copyItems(Own, start, count) {
  const items = new Own(count)
  if (count === 0) return items
  if (start + items.byteLength > size) renew()
  setItems(items, new Own(buffer, start, count))
  dealloc(start)
  return items
}
function allocate(align, length) {
  if (length === 0) return align
  const at = realloc(0, 0, align, length) >>> 0
  if (at + length > size) renew()
  return at
}
function storeBytes(from) {
  const at = allocate(1, from.length)
  bytes.set(from, at)
  return at
}
function storeNumbers(from, align) {
  const at = allocate(align, from.byteLength)
  bytes.set(new Uint8Array(from.buffer, from.byteOffset, from.byteLength), at)
  return at
}
function noCase(value, name) {
  throw new TypeError('expected a case of ' + name + ', got ' + String(value))
}
`

/** The script. `imports`: in the engine's order. Throws for an import that the engine lacks. */
export function emitGuest(world: ResolvedWorld, imports: readonly EngineImport[]): string {
  const names = imports.map(([name, func]) => `${name} ${func}`)
  const loads = new GuestLoads()
  const stores = new GuestStores()
  const toImport = (name: string): string => {
    const index = names.indexOf(name)
    if (index === -1) throw new Error(`expected an engine that imports ${name}, got ${names.join(', ')}`)
    return `import${index}`
  }
  const modules = world.imports.map(({ name, functions }) => {
    const path = `${world.package}/${name}@${world.version}`
    const members = functions.map((each) => {
      const lowered = emitImport(each, toImport(`${path} ${each.name}`), stores, loads)
      return `  ${toCamel(each.name)}(${each.parameters.map((_, i) => `p${i}`).join(', ')}) {\n${lowered}  },\n`
    })
    return `defineBuiltinModule('${path}', {\n${members.join('')}})\n`
  })
  const exports = world.exports.map((each) => emitExport(each, loads))
  const arrays = [...PRIMITIVES.values()].flatMap(({ array }) => (array === undefined ? [] : [array]))
  const variables = world.exports.map(({ name }) => toCamel(name))
  return [
    HEAD,
    `const { ${arrays.map((name) => `${name}: own${name}`).join(', ')} } = contentGlobal\n`,
    `const [memory, realloc, dealloc, ${imports.map((_, i) => `import${i}`).join(', ')}] = $bindings\n`,
    MEMORY,
    ...loads.functions,
    ...stores.functions,
    ...modules,
    `let ${variables.map((name) => `${name}Export`).join(', ')}\n`,
    `globalThis.bindExports = () => {\n${variables.map(emitBinding).join('')}}\n`,
    'const settled = Promise.resolve()\n',
    ...exports,
    '})()\n',
  ].join('')
}

function emitBinding(name: string): string {
  return `  ${name}Export = $source_mod.${name}\n  if (typeof ${name}Export !== 'function') throw new TypeError('expected an export "${name}" that is a function')\n`
}

function emitImport(
  { name, at, parameters, result }: ResolvedFunc,
  engine: string,
  stores: GuestStores,
  loads: GuestLoads,
): string {
  const lines: string[] = []
  const core = parameters.flatMap(({ type }, i) => stores.flat(type, `p${i}`, lines))
  const call = `${engine}(${core.join(', ')})`
  const body = result === undefined ? [call] : emitResult(result, call, loads, { name, at })
  return [...lines, ...body].map((line) => `    ${line}\n`).join('')
}

/** A list comes as the place of its address and length, which is the guest's to free. */
function emitResult(
  type: Type,
  call: string,
  loads: GuestLoads,
  { name, at }: Pick<ResolvedFunc, 'name' | 'at'>,
): string[] {
  if (type.kind === 'list') {
    return [
      `const place = ${call} >>> 0`,
      'if (place + 8 > size) renew()',
      `const result = ${loads.load(type, 'place')}`,
      'dealloc(place)',
      'return result',
    ]
  }
  if (type.kind !== 'primitive' || type.name === 'string') {
    throw new WitError(at, `expected a number, a bool, a char or a list as a result, "${name}" gives another`)
  }
  return [`return ${loads.lift(type, call)}`]
}

function emitExport({ name, parameters }: ResolvedFunc, loads: GuestLoads): string {
  let next = 0
  const take = (): string => `a${next++}`
  const values = parameters.map(({ type }: Field) => loads.flat(type, take))
  const core = Array.from({ length: next }, (_, i) => `a${i}`)
  return [
    `globalThis.export_${toCamel(name)} = (${core.join(', ')}) => {\n`,
    `  ${toCamel(name)}Export(${values.join(', ')})\n`,
    '  return settled\n}\n',
  ].join('')
}
