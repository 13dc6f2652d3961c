/** Code of a guest that lifts what the host has laid into its memory (`emit-guest.ts`). The host's values are trusted. */
import { toFunctionName, toPlace } from './emit-lower.ts'
import { toArrayClass } from './emit-types.ts'
import { toLayout, toOffsets, toPayloadOffset, toPayloads, toTagBytes } from './layout.ts'
import { toCamel } from './names.ts'
import type { Type } from './resolve.ts'

type List = Extract<Type, { kind: 'list' }>
type Part = Exclude<Type, { kind: 'primitive' | 'list' }>

/** An expression for each primitive: what lies at an address that is aligned for it. */
const LOADS: Readonly<Record<string, (at: string) => string>> = {
  bool: (at) => `bytes[${at}] !== 0`,
  u8: (at) => `bytes[${at}]`,
  u16: (at) => `view.getUint16(${at}, true)`,
  u32: (at) => `words[${at} >>> 2]`,
  s8: (at) => `view.getInt8(${at})`,
  s16: (at) => `view.getInt16(${at}, true)`,
  s32: (at) => `view.getInt32(${at}, true)`,
  u64: (at) => `view.getBigUint64(${at}, true)`,
  s64: (at) => `view.getBigInt64(${at}, true)`,
  f32: (at) => `view.getFloat32(${at}, true)`,
  f64: (at) => `view.getFloat64(${at}, true)`,
  char: (at) => `String.fromCodePoint(words[${at} >>> 2])`,
  string: (at) => `loadString(${at})`,
}

/** The same of what the engine gives for a core value. It takes all words of 64 bits for unsigned ones. */
const LIFTS: Readonly<Record<string, (value: string) => string>> = {
  bool: (value) => `${value} !== 0`,
  u8: (value) => `${value} & 0xff`,
  u16: (value) => `${value} & 0xffff`,
  u32: (value) => `${value} >>> 0`,
  s8: (value) => `${value} << 24 >> 24`,
  s16: (value) => `${value} << 16 >> 16`,
  s64: (value) => `BigInt.asIntN(64, ${value})`,
  char: (value) => `String.fromCodePoint(${value})`,
}

/** The functions that read, each made when something first needs it. */
export class GuestLoads {
  readonly #functions = new Map<string, string>()

  get functions(): string[] {
    return [...this.#functions.values()]
  }

  /** An expression: a primitive out of a core value. */
  lift(type: Extract<Type, { kind: 'primitive' }>, value: string): string {
    return LIFTS[type.name]?.(value) ?? value
  }

  /** An expression: a parameter of an export out of core arguments, which `take` names one by one. */
  flat(type: Type, take: () => string): string {
    if (type.kind === 'list') return this.#list(type, `${take()} >>> 0`, `${take()} >>> 0`)
    if (type.kind === 'primitive' && type.name !== 'string') return this.lift(type, take())
    throw new Error(`expected numbers and lists as parameters of an export, got a ${type.kind}`)
  }

  /** An expression: a value at an address. */
  load(type: Type, at: string): string {
    if (type.kind === 'primitive') return LOADS[type.name]!(at)
    if (type.kind !== 'list') return `${this.#function(type)}(${at})`
    return this.#list(type, `words[${at} >>> 2]`, `words[${at} + 4 >>> 2]`)
  }

  #list(type: List, start: string, count: string): string {
    const array = toArrayClass(type)
    return array === undefined
      ? `${this.#items(type)}(${start}, ${count})`
      : `copyItems(own${array}, ${start}, ${count})`
  }

  #items(type: List): string {
    const name = `loadItemsOf${toFunctionName(type.of)}`
    const { size } = toLayout(type.of)
    return this.#make(name, () => [
      `function ${name}(start, count) {`,
      `  if (start + ${size} * count > size) renew()`,
      '  const items = []',
      `  for (let i = 0, at = start; i < count; i++, at += ${size}) items[i] = ${this.load(type.of, 'at')}`,
      '  if (count > 0) dealloc(start)',
      '  return items',
      '}',
    ])
  }

  #function(type: Part): string {
    const name = `load${toFunctionName(type)}`
    return this.#make(name, () => [
      `function ${name}(at) {`,
      ...this.#body(type).map((line) => `  ${line}`),
      '}',
    ])
  }

  #body(type: Part): string[] {
    if (type.kind === 'record') {
      const offsets = toOffsets(type.fields.map((field) => field.type))
      const fields = type.fields.map(
        ({ name, type }, i) => `  ${toCamel(name)}: ${this.load(type, toPlace(offsets[i]!))},`,
      )
      return ['return {', ...fields, '}']
    }
    if (type.kind === 'enum') {
      const cases = type.cases.map((each) => `'${each}'`)
      return [`return [${cases.join(', ')}][${toTag(type.cases.length)}]`]
    }
    const tag = toTag(toPayloads(type).length)
    const payload = `at + ${toPayloadOffset(type)}`
    if (type.kind === 'option') return [`return ${tag} === 0 ? undefined : ${this.load(type.of, payload)}`]
    return [
      `switch (${tag}) {`,
      ...type.cases.map(({ name, type: of }, i) => {
        const value = of === undefined ? '' : `, val: ${this.load(of, payload)}`
        return `  case ${i}: return { tag: '${name}'${value} }`
      }),
      '}',
    ]
  }

  #make(name: string, lines: () => string[]): string {
    if (!this.#functions.has(name)) this.#functions.set(name, `${lines().join('\n')}\n`)
    return name
  }
}

function toTag(cases: number): string {
  return LOADS[toTagBytes(cases) === 1 ? 'u8' : 'u16']!('at')
}
