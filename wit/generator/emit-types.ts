/** TypeScript for the types of a world. */
import { toCamel, toPascal } from './names.ts'
import { PRIMITIVES } from './primitives.ts'
import type { Named, ResolvedFunc, ResolvedInterface, ResolvedWorld, Type } from './resolve.ts'

/** A declaration for each named type, and the functions that a host gives to a guest of the world. */
export function emitTypes(world: ResolvedWorld): string {
  const named = new Map<string, Named>()
  const functions = [...world.exports, ...world.imports.flatMap((each) => each.functions)]
  for (const { parameters } of functions) for (const { type } of parameters) collect(type, named)
  const imports = world.imports.filter(({ functions }) => functions.length > 0)
  return [
    ...Array.from(named.values(), emitDeclaration),
    `/** What the world's guest calls. */\nexport interface Imports {\n${imports.map((each) => emitImports(world, each)).join('')}}\n`,
    `/** How the world's guest is entered. */\nexport interface Exports {\n${world.exports.map((each) => `  ${emitSignature(each)}\n`).join('')}}\n`,
  ].join('\n')
}

/** The TypeScript of a type. */
export function emitType(type: Type): string {
  switch (type.kind) {
    case 'primitive':
      return PRIMITIVES.get(type.name)!.script
    case 'list':
      return toArrayClass(type) ?? `readonly ${wrap(emitType(type.of))}[]`
    case 'option':
      return `${emitType(type.of)} | undefined`
    default:
      return toPascal(type.name)
  }
}

/** The typed array that a list is, if it is one. */
export function toArrayClass(type: Extract<Type, { kind: 'list' }>): string | undefined {
  return type.of.kind === 'primitive' ? PRIMITIVES.get(type.of.name)!.array : undefined
}

/** The constant with an enum's cases in their order. */
export function toCasesName(name: string): string {
  return `${toCamel(name)}Cases`
}

function wrap(type: string): string {
  return /[ |]/.test(type) ? `(${type})` : type
}

function emitImports(world: ResolvedWorld, { name, functions }: ResolvedInterface): string {
  const members = functions.map((each) => `    ${emitSignature(each)}\n`)
  return `  readonly '${world.package}/${name}': {\n${members.join('')}  }\n`
}

function emitSignature({ name, parameters, result }: ResolvedFunc): string {
  const list = parameters.map((each) => `${toCamel(each.name)}: ${emitType(each.type)}`)
  return `readonly ${toCamel(name)}: (${list.join(', ')}) => ${result === undefined ? 'void' : emitType(result)}`
}

function emitDeclaration(type: Named): string {
  const name = toPascal(type.name)
  if (type.kind === 'enum') {
    const cases = type.cases.map((each) => `'${each}'`)
    return `export type ${name} = ${cases.join(' | ')}\nconst ${toCasesName(type.name)}: readonly ${name}[] = [${cases.join(', ')}]\n`
  }
  if (type.kind === 'record') {
    const fields = type.fields.map(({ name, type }) => {
      const optional = type.kind === 'option' ? '?' : ''
      return `  readonly ${toCamel(name)}${optional}: ${emitType(type)}\n`
    })
    return `export interface ${name} {\n${fields.join('')}}\n`
  }
  const cases = type.cases.map(({ name, type }) => {
    const value = type === undefined ? '' : `; readonly val: ${emitType(type)}`
    return `\n  | { readonly tag: '${name}'${value} }`
  })
  return `export type ${name} =${cases.join('')}\n`
}

/** Every named type in a type, the inner ones first. */
function collect(type: Type, into: Map<string, Named>): void {
  if (type.kind === 'primitive') return
  if (type.kind === 'list' || type.kind === 'option') return collect(type.of, into)
  if (into.has(type.name)) return
  if (type.kind === 'record') for (const field of type.fields) collect(field.type, into)
  if (type.kind === 'variant') for (const { type: of } of type.cases) if (of !== undefined) collect(of, into)
  into.set(type.name, type)
}
