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
  const owners = imports.map(({ name }) => `  const ${toOwner(name)} = imports['${world.package}/${name}']\n`)
  const bounds = [...loads.bounds].sort()
  return [
    `/** The most of a named list that is copied out of a guest. */\nexport interface Bounds {\n${bounds.map((each) => `  readonly '${each}': number\n`).join('')}}\n`,
    ...loads.functions,
    `/** The interfaces as the core module imports them, names without version. */\nexport function liftImports(imports: Imports, from: GuestReader, bounds: Bounds) {\n${owners.join('')}  return {\n${bodies.join('')}  }\n}\n`,
  ].join('\n')
}

function emitInterface(world: ResolvedWorld, { name, functions }: ResolvedInterface, loads: Loads): string {
  const members = functions.map((each) => emitFunction(each, toOwner(name), loads))
  return `    '${world.package}/${name}': {\n${members.join('')}    },\n`
}

/** The variable that holds the host's half of an interface; interfaces may have names such as `import`. */
function toOwner(name: string): string {
  return `${toCamel(name)}Half`
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
  let next = 0
  const values = parameters.map(({ type }) => loads.flat(type, () => `a${next++}`, at))
  const list = core.map((type, i) => `a${i}: ${type === 'i64' ? 'bigint' : 'number'}`)
  const call = `${owner}.${toCamel(name)}(${values.join(', ')})`
  return `      '${name}': (${list.join(', ')}) => ${emitResult(call, result, name, at)},\n`
}

function emitResult(call: string, result: Type | undefined, name: string, at: ResolvedFunc['at']): string {
  if (result === undefined) return call
  if (result.kind === 'primitive' && result.name === 'bool') return `(${call} ? 1 : 0)`
  if (result.kind === 'primitive' && result.name !== 'string' && result.name !== 'char') return call
  throw new WitError(
    at,
    `expected no result, a bool or a number, "${name}" gives another; let an event bring it`,
  )
}

function toCoreParameters(parameters: readonly Field[], refuse: (name: string) => never): Core[] {
  return parameters.flatMap(({ name, type }) => toFlat(type) ?? refuse(name))
}

/** The functions that read, each made when something first needs it. */
class Loads {
  /** Names of the lists that are bounded. */
  readonly bounds = new Set<string>()
  readonly #functions = new Map<string, string>()

  get functions(): string[] {
    return [...this.#functions.values()]
  }

  /** An expression: a value out of arguments, which `next` names one by one. */
  flat(type: Type, next: () => string, at: ResolvedFunc['at']): string {
    switch (type.kind) {
      case 'primitive': {
        const { core, narrow } = PRIMITIVES.get(type.name)!
        return narrow(core.map(() => next()).join(', '))
      }
      case 'list':
        return this.#list(type, `${next()}, ${next()}`, at)
      case 'enum':
        return `from.caseOf(${toCasesName(type.name)}, ${next()})`
      case 'record': {
        const fields = type.fields.map(({ name, type }) => `${toCamel(name)}: ${this.flat(type, next, at)}`)
        return `{ ${fields.join(', ')} }`
      }
      case 'option':
        return `(from.isSome(${next()}) ? ${this.flat(type.of, next, at)} : undefined)`
      default: {
        const list = toFlat(type)!.map(() => next())
        return this.#choice(type, list[0]!, (payload) => {
          let used = 1
          return this.flat(payload, () => list[used++]!, at)
        })
      }
    }
  }

  /** An expression: a value at an address that lies in the guest's memory as far as the value goes. */
  #load(type: Type, address: string, at: ResolvedFunc['at']): string {
    switch (type.kind) {
      case 'primitive':
        if (type.name === 'string') return `from.string(from.u32(${address}), from.u32(${address} + 4))`
        if (type.name === 'bool') return `from.u8(${address}) !== 0`
        return type.name === 'char' ? `from.char(from.u32(${address}))` : `from.${type.name}(${address})`
      case 'list':
        return this.#list(type, `from.u32(${address}), from.u32(${address} + 4)`, at)
      default:
        return `${this.#function(type, at)}(from, ${address}, bounds)`
    }
  }

  #list(type: Extract<Type, { kind: 'list' }>, place: string, at: ResolvedFunc['at']): string {
    const { bound } = type
    if (bound !== undefined) this.bounds.add(bound)
    const most = bound === undefined ? '' : `, bounds['${bound}']`
    if (toArrayClass(type) === 'Uint8Array') return `from.bytes(${place}${most})`
    if (bound === undefined) {
      throw new WitError(
        at,
        'expected a name for a list that a guest passes (type x = list<...>), for its bound',
      )
    }
    return `${this.#items(type, at)}(from, ${place}, bounds${most})`
  }

  #items(type: Extract<Type, { kind: 'list' }>, at: ResolvedFunc['at']): string {
    const name = `loadItemsOf${toFunctionName(type.of)}`
    const { size, align } = toLayout(type.of)
    const array = toArrayClass(type)
    return this.#make(name, () => [
      `function ${name}(from: GuestReader, start: number, length: number, bounds: Bounds, most: number): ${emitType(type)} {`,
      `  const { at, count } = from.items(start, length, ${size}, ${align}, most)`,
      array === undefined
        ? `  return Array.from({ length: count }, (_, i) => ${this.#load(type.of, `at + ${size} * i`, at)})`
        : `  return ${array}.from({ length: count }, (_, i) => ${this.#load(type.of, `at + ${size} * i`, at)})`,
      '}',
    ])
  }

  #function(type: Exclude<Part, { kind: 'list' }>, at: ResolvedFunc['at']): string {
    const name = `load${toFunctionName(type)}`
    return this.#make(name, () => [
      `function ${name}(from: GuestReader, at: number, bounds: Bounds): ${emitType(type)} {`,
      `  return ${this.#body(type, at)}`,
      '}',
    ])
  }

  #body(type: Exclude<Part, { kind: 'list' }>, at: ResolvedFunc['at']): string {
    if (type.kind === 'record') {
      const offsets = toOffsets(type.fields.map((field) => field.type))
      const fields = type.fields.map(
        (field, i) => `${toCamel(field.name)}: ${this.#load(field.type, toPlace(offsets[i]!), at)}`,
      )
      return `{ ${fields.join(', ')} }`
    }
    if (type.kind === 'enum')
      return `from.caseOf(${toCasesName(type.name)}, from.${toTag(type.cases.length)}(at))`
    const tag = `from.${toTag(toPayloads(type).length)}(at)`
    const payloadAt = `at + ${toPayloadOffset(type)}`
    if (type.kind === 'option')
      return `from.isSome(${tag}) ? ${this.#load(type.of, payloadAt, at)} : undefined`
    return this.#choice(type, tag, (payload) => this.#load(payload, payloadAt, at))
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
