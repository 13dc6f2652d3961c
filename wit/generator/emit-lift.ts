/**
 * Code that lifts a world's imports: flat core arguments, which are a hostile guest's words, to what the host's functions
 * take. A function of the host gets copies, checked values, and nothing else.
 */
import { emitType, toArrayClass, toCasesName } from './emit-types.ts'
import { toFunctionName, toPlace } from './emit-lower.ts'
import { toFlat, toLayout, toOffsets, toPayloadOffset, toPayloads, toTagBytes } from './layout.ts'
import { toCamel } from './names.ts'
import { PRIMITIVES, type Core } from './primitives.ts'
import type { Field, ResolvedFunc, ResolvedInterface, ResolvedWorld, Type } from './resolve.ts'
import { WitError } from './tokens.ts'

/** Beyond these the canonical ABI passes arguments by memory. */
const MOST_FLAT = 16
type Part = Exclude<Type, { kind: 'primitive' }>

/** Throws `WitError` for a function that is not called so. */
export function emitLifting(world: ResolvedWorld): string {
  const loads = new Loads()
  const imports = world.imports.filter(({ functions }) => functions.length > 0)
  const bodies = imports.map((each) => emitInterface(world, each, loads))
  const bounds = [...loads.bounds].sort()
  return [
    `/** The most of a list that is taken out of a guest. */\nexport interface Bounds {\n${bounds.map((each) => `  readonly '${each}': number\n`).join('')}}\n`,
    ...loads.functions,
    `/** The interfaces as the core module imports them, names without version. */\nexport function liftImports(imports: Imports, from: GuestReader, to: GuestWriter, bounds: Bounds) {\n  return {\n${bodies.join('')}  }\n}\n`,
  ].join('\n')
}

function emitInterface(world: ResolvedWorld, { name, functions }: ResolvedInterface, loads: Loads): string {
  // looked up with each call: whose it is may change
  const owner = `imports['${world.package}/${name}']`
  const members = functions.map((each) => emitFunction(each, owner, loads))
  return `    '${world.package}/${name}': {\n${members.join('')}    },\n`
}

function emitFunction({ name, at, parameters, result }: ResolvedFunc, owner: string, loads: Loads): string {
  const core = toCoreParameters(parameters, (name) => {
    throw new WitError(at, `expected cases of "${name}" that are passed alike, got some of other core types`)
  })
  if (core.length > MOST_FLAT) {
    throw new WitError(
      at,
      `expected at most ${MOST_FLAT} core arguments, "${name}" has ${core.length}; pass a list of records`,
    )
  }
  if (parameters.some(({ type }) => hasListInList(type, false))) {
    throw new WitError(
      at,
      `expected no lists or strings in the items of a list that a guest passes, "${name}" has some; pass bytes`,
    )
  }
  let next = 0
  const values = parameters.map(({ type }) => loads.flat(type, () => `a${next++}`))
  const list = core.map((type, i) => `a${i}: ${type === 'i64' ? 'bigint' : 'number'}`)
  if (isBytes(result)) list.push('at: number')
  const call = `${owner}.${toCamel(name)}(${values.join(', ')})`
  return `      '${name}': (${list.join(', ')}) => ${emitResult(call, result, name, at)},\n`
}

function emitResult(call: string, result: Type | undefined, name: string, at: ResolvedFunc['at']): string {
  if (result === undefined) return call
  if (isBytes(result)) return `to.bytes(at, ${call})`
  if (result.kind === 'primitive' && result.name === 'bool') return `(${call} ? 1 : 0)`
  if (result.kind === 'primitive' && result.name !== 'string' && result.name !== 'char') return call
  throw new WitError(
    at,
    `expected no result, a bool, a number or bytes, "${name}" gives another; let an event bring it`,
  )
}

/** They come as a list, where the guest's allocator says, whose place is written where the guest wants it. */
function isBytes(result: Type | undefined): boolean {
  return result?.kind === 'list' && toArrayClass(result) === 'Uint8Array'
}

/** A guest could point at the same bytes from each item. */
function hasListInList(type: Type, isItem: boolean): boolean {
  switch (type.kind) {
    case 'primitive':
      return isItem && type.name === 'string'
    case 'list':
      return isItem || hasListInList(type.of, true)
    case 'record':
      return type.fields.some((field) => hasListInList(field.type, isItem))
    case 'enum':
      return false
    default:
      return toPayloads(type).some((payload) => payload !== undefined && hasListInList(payload, isItem))
  }
}

function toCoreParameters(parameters: readonly Field[], refuse: (name: string) => never): Core[] {
  return parameters.flatMap(({ name, type }) => toFlat(type) ?? refuse(name))
}

/** The functions that read, each made when something first needs it. */
class Loads {
  /** What is bounded. */
  readonly bounds = new Set<string>()
  readonly #functions = new Map<string, string>()

  get functions(): string[] {
    return [...this.#functions.values()]
  }

  /** An expression: a value out of arguments, which `next` names one by one. */
  flat(type: Type, next: () => string): string {
    switch (type.kind) {
      case 'primitive': {
        const { core, narrow } = PRIMITIVES.get(type.name)!
        return narrow(core.map(() => next()).join(', '))
      }
      case 'list':
        return this.#list(type, `${next()}, ${next()}`)
      case 'enum':
        return `from.caseOf(${toCasesName(type.name)}, ${next()})`
      case 'record': {
        const fields = type.fields.map(({ name, type }) => `${toCamel(name)}: ${this.flat(type, next)}`)
        return `{ ${fields.join(', ')} }`
      }
      case 'option':
        return `(from.isSome(${next()}) ? ${this.flat(type.of, next)} : undefined)`
      default: {
        const list = toFlat(type)!.map(() => next())
        return this.#choice(type, list[0]!, (payload) => {
          let used = 1
          return this.flat(payload, () => list[used++]!)
        })
      }
    }
  }

  /** An expression: an item, or a part of one, at an address that lies in the guest's memory as far as it goes. */
  #load(type: Type, address: string): string {
    if (type.kind === 'list') throw new Error('a list in a list is refused before')
    if (type.kind !== 'primitive') return `${this.#function(type)}(from, ${address})`
    if (type.name === 'bool') return `from.u8(${address}) !== 0`
    return type.name === 'char' ? `from.char(from.u32(${address}))` : `from.${type.name}(${address})`
  }

  /** Bytes with a name are cut where their bound is; of other items there are as many as any list may have. */
  #list(type: Extract<Type, { kind: 'list' }>, place: string): string {
    if (toArrayClass(type) !== 'Uint8Array') return `${this.#items(type)}(from, ${place}, bounds)`
    if (type.bound === undefined) return `from.bytes(${place})`
    this.bounds.add(type.bound)
    return `from.bytes(${place}, bounds['${type.bound}'])`
  }

  #items(type: Extract<Type, { kind: 'list' }>): string {
    const name = `loadItemsOf${toFunctionName(type.of)}`
    const { size, align } = toLayout(type.of)
    const array = toArrayClass(type) ?? 'Array'
    this.bounds.add('items')
    return this.#make(name, () => [
      `function ${name}(from: GuestReader, start: number, length: number, bounds: Bounds): ${emitType(type)} {`,
      `  const { at, count } = from.items(start, length, ${size}, ${align}, bounds.items)`,
      `  return ${array}.from({ length: count }, (_, i) => ${this.#load(type.of, `at + ${size} * i`)})`,
      '}',
    ])
  }

  #function(type: Exclude<Part, { kind: 'list' }>): string {
    const name = `load${toFunctionName(type)}`
    return this.#make(name, () => [
      `function ${name}(from: GuestReader, at: number): ${emitType(type)} {`,
      `  return ${this.#body(type)}`,
      '}',
    ])
  }

  #body(type: Exclude<Part, { kind: 'list' }>): string {
    if (type.kind === 'record') {
      const offsets = toOffsets(type.fields.map((field) => field.type))
      const fields = type.fields.map(
        (field, i) => `${toCamel(field.name)}: ${this.#load(field.type, toPlace(offsets[i]!))}`,
      )
      return `{ ${fields.join(', ')} }`
    }
    if (type.kind === 'enum')
      return `from.caseOf(${toCasesName(type.name)}, from.${toTag(type.cases.length)}(at))`
    const tag = `from.${toTag(toPayloads(type).length)}(at)`
    const payloadAt = `at + ${toPayloadOffset(type)}`
    if (type.kind === 'option') return `from.isSome(${tag}) ? ${this.#load(type.of, payloadAt)} : undefined`
    return this.#choice(type, tag, (payload) => this.#load(payload, payloadAt))
  }

  /** An expression: a variant, whose case is the number that another expression gives. */
  #choice(type: Extract<Type, { kind: 'variant' }>, tag: string, payload: (type: Type) => string): string {
    const cases = type.cases.map(({ name, type: of }, i) => {
      const value = of === undefined ? '' : `, val: ${payload(of)}`
      return `case ${i}: return { tag: '${name}'${value} }; `
    })
    return `((tag: number): ${emitType(type)} => { switch (tag) { ${cases.join('')}default: return from.noCase(tag, '${type.name}') } })(${tag})`
  }

  #make(name: string, lines: () => string[]): string {
    if (!this.#functions.has(name)) this.#functions.set(name, `${lines().join('\n')}\n`)
    return name
  }
}

function toTag(cases: number): string {
  return toTagBytes(cases) === 1 ? 'u8' : 'u16'
}
