/** Code of a guest that lowers the arguments of its imports (`emit-guest.ts`). */
import { toFunctionName, toPlace } from './emit-lower.ts'
import { toArrayClass, toCasesName } from './emit-types.ts'
import { toFlat, toLayout, toOffsets, toPayloadOffset, toPayloads, toTagBytes } from './layout.ts'
import { toCamel } from './names.ts'
import { PRIMITIVES } from './primitives.ts'
import type { Type } from './resolve.ts'

/** A core value of each primitive. The engine takes integers as signed words of 32 and unsigned ones of 64 bits. */
const LOWERS: Readonly<Record<string, (value: string) => string>> = {
  bool: (value) => `${value} ? 1 : 0`,
  u8: (value) => `${value} & 0xff`,
  u16: (value) => `${value} & 0xffff`,
  u32: (value) => `${value} | 0`,
  s8: (value) => `${value} << 24 >> 24`,
  s16: (value) => `${value} << 16 >> 16`,
  s32: (value) => `${value} | 0`,
  u64: (value) => `BigInt.asUintN(64, ${value})`,
  s64: (value) => `BigInt.asUintN(64, ${value})`,
  f32: (value) => `+${value}`,
  f64: (value) => `+${value}`,
  char: (value) => `${value}.codePointAt(0)`,
}

/** The width at which each primitive is written to memory. */
const STORES: Readonly<Record<string, (at: string, value: string) => string>> = {
  u8: (at, value) => `bytes[${at}] = ${value}`,
  u16: (at, value) => `view.setUint16(${at}, ${value}, true)`,
  u32: (at, value) => `words[${at} >>> 2] = ${value}`,
  u64: (at, value) => `view.setBigUint64(${at}, ${value}, true)`,
  f32: (at, value) => `view.setFloat32(${at}, ${value}, true)`,
  f64: (at, value) => `view.setFloat64(${at}, ${value}, true)`,
}

/** The functions that write, each made when something first needs it. */
export class GuestStores {
  readonly #functions = new Map<string, string>()
  /** Makes the names of variables that statements have for themselves. */
  #variables = 0

  get functions(): string[] {
    return [...this.#functions.values()]
  }

  /** Expressions: a value as core arguments. What has to be done before stands in `lines`. */
  flat(type: Type, value: string, lines: string[]): string[] {
    switch (type.kind) {
      case 'primitive': {
        if (type.name !== 'string') return [LOWERS[type.name]!(value)]
        const text = this.#declare('text', lines, `encoder.encode(${value})`)
        return this.#list('storeBytes', text, lines)
      }
      case 'list': {
        const array = toArrayClass(type)
        if (array === 'Uint8Array') return this.#list('storeBytes', value, lines)
        if (array === undefined) return this.#list(this.#items(type), value, lines)
        return this.#list('storeNumbers', value, lines, `, ${toLayout(type.of).align}`)
      }
      case 'enum':
        return [`${this.#caseOf(type)}(${value})`]
      case 'record':
        return type.fields.flatMap((field) => this.flat(field.type, `${value}.${toCamel(field.name)}`, lines))
      default:
        return this.#choice(type, value, lines)
    }
  }

  #list(store: string, value: string, lines: string[], more = ''): string[] {
    return [this.#declare('at', lines, `${store}(${value}${more}) | 0`), `${value}.length`]
  }

  /** An option or a variant: zeros for whatever its case does not have. */
  #choice(type: Extract<Type, { kind: 'variant' | 'option' }>, value: string, lines: string[]): string[] {
    const core = toFlat(type)!.map((each) => this.#declare('core', lines, each === 'i64' ? '0n' : '0', 'let'))
    const assign = (index: number, payload: Type | undefined, from: string): string[] => {
      const inner: string[] = []
      const parts = payload === undefined ? [] : this.flat(payload, from, inner)
      return [...inner, ...[String(index), ...parts].map((part, i) => `${core[i]} = ${part}`)]
    }
    if (type.kind === 'option') {
      lines.push(`if (${value} !== undefined) {`, ...assign(1, type.of, value), '}')
      return core
    }
    const cases = type.cases.flatMap(({ name, type: of }, i) => [
      `case '${name}': {`,
      ...assign(i, of, `${value}.val`),
      'break }',
    ])
    const wrong = `default: noCase(${value}.tag, '${type.name}')`
    lines.push(`switch (${value}.tag) {`, ...cases, wrong, '}')
    return core
  }

  #declare(name: string, lines: string[], value: string, kind = 'const'): string {
    const variable = `${name}${this.#variables++}`
    lines.push(`${kind} ${variable} = ${value}`)
    return variable
  }

  /** A statement: a value at an address. */
  #store(type: Type, at: string, value: string): string {
    if (type.kind === 'list' || (type.kind === 'primitive' && type.name === 'string')) {
      throw new Error('lists in the items of a list are refused before')
    }
    if (type.kind !== 'primitive') return `${this.#function(type)}(${at}, ${value})`
    const { write } = PRIMITIVES.get(type.name)!
    return (STORES[write] ?? STORES[write === 'char' ? 'u32' : 'u8'])!(at, LOWERS[type.name]!(value))
  }

  #items(type: Extract<Type, { kind: 'list' }>): string {
    const name = `storeItemsOf${toFunctionName(type.of)}`
    const { size, align } = toLayout(type.of)
    return this.#make(name, () => [
      `function ${name}(items) {`,
      `  const start = allocate(${align}, ${size} * items.length)`,
      `  for (let i = 0, at = start; i < items.length; i++, at += ${size}) ${this.#store(type.of, 'at', 'items[i]')}`,
      '  return start',
      '}',
    ])
  }

  #function(type: Exclude<Type, { kind: 'primitive' | 'list' }>): string {
    const name = `store${toFunctionName(type)}`
    return this.#make(name, () => [
      `function ${name}(at, value) {`,
      ...this.#body(type).map((line) => `  ${line}`),
      '}',
    ])
  }

  #body(type: Exclude<Type, { kind: 'primitive' | 'list' }>): string[] {
    if (type.kind === 'record') {
      const offsets = toOffsets(type.fields.map((field) => field.type))
      return type.fields.map((field, i) =>
        this.#store(field.type, toPlace(offsets[i]!), `value.${toCamel(field.name)}`),
      )
    }
    const tag = (cases: number, value: string) => STORES[toTagBytes(cases) === 1 ? 'u8' : 'u16']!('at', value)
    if (type.kind === 'enum') return [tag(type.cases.length, `${this.#caseOf(type)}(value)`)]
    const { length } = toPayloads(type)
    const payload = `at + ${toPayloadOffset(type)}`
    if (type.kind === 'option') {
      return [
        tag(length, 'value === undefined ? 0 : 1'),
        `if (value !== undefined) ${this.#store(type.of, payload, 'value')}`,
      ]
    }
    const cases = type.cases.flatMap(({ name, type: of }, i) => [
      `  case '${name}':`,
      `    ${tag(length, String(i))}`,
      ...(of === undefined ? [] : [`    ${this.#store(of, payload, 'value.val')}`]),
      '    return',
    ])
    return ['switch (value.tag) {', ...cases, `  default: noCase(value.tag, '${type.name}')`, '}']
  }

  #caseOf(type: Extract<Type, { kind: 'enum' }>): string {
    const name = `caseOf${toFunctionName(type)}`
    const cases = type.cases.map((each, i) => `'${each}': ${i}`)
    return this.#make(name, () => [
      `const ${toCasesName(type.name)} = { __proto__: null, ${cases.join(', ')} }`,
      `function ${name}(value) {`,
      `  const index = ${toCasesName(type.name)}[value]`,
      `  return index === undefined ? noCase(value, '${type.name}') : index`,
      '}',
    ])
  }

  #make(name: string, lines: () => string[]): string {
    if (!this.#functions.has(name)) this.#functions.set(name, `${lines().join('\n')}\n`)
    return name
  }
}
