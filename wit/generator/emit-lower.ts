/**
 * Code that lowers a world's exports: the arguments of `turn` into the guest's memory. One function for each type that has
 * parts, each a straight line of writes.
 */
import { emitType, toArrayClass, toCasesName } from './emit-types.ts'
import { toLayout, toOffsets, toPayloadOffset, toPayloads, toTagBytes } from './layout.ts'
import { toCamel, toPascal } from './names.ts'
import { PRIMITIVES } from './primitives.ts'
import type { ResolvedFunc, ResolvedWorld, Type } from './resolve.ts'
import { WitError } from './tokens.ts'

/** Throws `WitError` for an export that is not entered so. */
export function emitLowering(world: ResolvedWorld): string {
  const stores = new Stores()
  const exports = world.exports.map((each) => emitExport(each, stores))
  const core = world.exports.map(({ name, parameters }) => {
    const numbers = parameters.flatMap(({ name, type }) =>
      type.kind === 'list' ? [`${toCamel(name)}: number`, 'length: number'] : [`${toCamel(name)}: number`],
    )
    return `  readonly '${name}': (${numbers.join(', ')}) => void\n  readonly 'cabi_post_${name}': () => void\n`
  })
  return [
    `/** What the core module exports for this. */\nexport interface CoreExports {\n${core.join('')}}\n`,
    ...stores.functions,
    `/** The exports of a guest. Each throws whatever ends the guest. */\nexport function lowerExports(guest: CoreExports, to: GuestWriter): Exports {\n  return {\n${exports.join('')}  }\n}\n`,
  ].join('\n')
}

function emitExport({ name, at, parameters, result }: ResolvedFunc, stores: Stores): string {
  if (result !== undefined) throw new WitError(at, `expected no result of the export "${name}"`)
  const lines: string[] = []
  const core: string[] = []
  for (const { name, type } of parameters) {
    const value = toCamel(name)
    if (type.kind === 'list') {
      lines.push(`const ${value}At = ${stores.list(type, value)}`)
      core.push(`${value}At`, `${value}.length`)
    } else if (type.kind === 'primitive' && ['u8', 'u16', 'u32'].includes(type.name)) core.push(value)
    else {
      throw new WitError(
        at,
        `expected numbers up to u32 and lists as parameters of an export, "${name}" is another`,
      )
    }
  }
  const body = [...lines, `guest['${name}'](${core.join(', ')})`, `guest['cabi_post_${name}']()`].map(
    (line) => `      ${line}\n`,
  )
  return `    ${toCamel(name)}: (${parameters.map((each) => toCamel(each.name)).join(', ')}) => {\n${body.join('')}    },\n`
}

/** The functions that write, each made when something first needs it. */
class Stores {
  readonly #functions = new Map<string, string>()

  get functions(): string[] {
    return [...this.#functions.values()]
  }

  /** An expression: the items of a list into memory, which gives their address. */
  list(type: Extract<Type, { kind: 'list' }>, value: string): string {
    if (toArrayClass(type) === 'Uint8Array') return `to.copy(${value})`
    return `${this.#items(type)}(to, ${value})`
  }

  /** A statement: a value at an address. */
  store(type: Type, at: string, value: string): string {
    if (type.kind === 'primitive') return `to.${PRIMITIVES.get(type.name)!.write}(${at}, ${value})`
    if (type.kind === 'list') return `to.list(${at}, ${this.list(type, value)}, ${value}.length)`
    return `${this.#function(type)}(to, ${at}, ${value})`
  }

  #items(type: Extract<Type, { kind: 'list' }>): string {
    const name = `storeItemsOf${toFunctionName(type.of)}`
    return this.#make(name, () => {
      const { size, align } = toLayout(type.of)
      return [
        `function ${name}(to: GuestWriter, items: ${emitType(type)}): number {`,
        `  const start = to.allocate(${align}, ${size} * items.length)`,
        '  let at = start',
        '  for (const item of items) {',
        `    ${this.store(type.of, 'at', 'item')}`,
        `    at += ${size}`,
        '  }',
        '  return start',
        '}',
      ]
    })
  }

  #function(type: Exclude<Type, { kind: 'primitive' | 'list' }>): string {
    const name = `store${toFunctionName(type)}`
    return this.#make(name, () => [
      `function ${name}(to: GuestWriter, at: number, value: ${emitType(type)}): void {`,
      ...this.#body(type).map((line) => `  ${line}`),
      '}',
    ])
  }

  #body(type: Exclude<Type, { kind: 'primitive' | 'list' }>): string[] {
    if (type.kind === 'record') {
      const offsets = toOffsets(type.fields.map((field) => field.type))
      return type.fields.map((field, i) =>
        this.store(field.type, toPlace(offsets[i]!), `value.${toCamel(field.name)}`),
      )
    }
    if (type.kind === 'enum') {
      const tag = toTagBytes(type.cases.length) === 1 ? 'u8' : 'u16'
      return [`to.${tag}(at, ${toCasesName(type.name)}.indexOf(value))`]
    }
    const tag = toTagBytes(toPayloads(type).length) === 1 ? 'u8' : 'u16'
    const payload = `at + ${toPayloadOffset(type)}`
    if (type.kind === 'option') {
      return [
        `to.${tag}(at, value === undefined ? 0 : 1)`,
        `if (value !== undefined) ${this.store(type.of, payload, 'value')}`,
      ]
    }
    const cases = type.cases.flatMap(({ name, type: of }, i) => [
      `  case '${name}':`,
      `    to.${tag}(at, ${i})`,
      ...(of === undefined ? [] : [`    ${this.store(of, payload, 'value.val')}`]),
      '    return',
    ])
    return ['switch (value.tag) {', ...cases, '  default:', '    to.unknownCase(value)', '}']
  }

  #make(name: string, lines: () => string[]): string {
    if (!this.#functions.has(name)) this.#functions.set(name, `${lines().join('\n')}\n`)
    return name
  }
}

/** An expression: so many bytes behind `at`. */
export function toPlace(offset: number): string {
  return offset === 0 ? 'at' : `at + ${offset}`
}

/** A name for what is made for a type. */
export function toFunctionName(type: Type): string {
  switch (type.kind) {
    case 'list':
      return `ListOf${toFunctionName(type.of)}`
    case 'option':
      return `OptionOf${toFunctionName(type.of)}`
    default:
      return toPascal(type.name)
  }
}
