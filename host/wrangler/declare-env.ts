/** The types of an app's `env` as a declaration file, for code that is written against @cloudflare/workers-types. Pure. */

import { isObject } from './file.ts'
import type { ModuleRule } from './source.ts'

/** A member of `env`. */
export type EnvMember =
  /** JSON. */
  | { readonly type: 'value'; readonly value: unknown }
  /** A text that nobody knows. */
  | { readonly type: 'secret' }
  /** An object of a class or interface. */
  | { readonly type: 'binding'; readonly name: string }

/** By name. */
export type EnvMembers = Readonly<Record<string, EnvMember>>

export interface DeclareOptions {
  /** What it is made of, for whoever reads it. */
  readonly origin: string
  /** Whether variables are of the types of their values, and not of all texts, numbers and so on. */
  readonly isStrict: boolean
  readonly rules: readonly ModuleRule[]
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/
/** Endings that TypeScript can declare modules for. */
const ENDING = /^(?:\*\*\/)?\*(\.[\w.-]+)$/
const OF_RULE = { Text: 'string', Data: 'ArrayBuffer' } as const

/** `environments`: what each of them has; a member that one of them lacks may be missing. */
export function declareEnv(environments: readonly EnvMembers[], options: DeclareOptions): string {
  const { isStrict, origin, rules } = options
  const names = [...new Set(environments.flatMap((each) => Object.keys(each)))].sort()
  const members = names.map((name) => {
    const found = environments.flatMap((each) => (Object.hasOwn(each, name) ? each[name]! : []))
    const types = new Set(found.map((member) => toType(member, isStrict)))
    const mark = found.length < environments.length ? '?' : ''
    return {
      name,
      mark,
      type: [...types].sort().join(' | '),
      isText: found.every(({ type }) => type !== 'binding'),
    }
  })
  const ofProcess = members.filter(({ isText }) => isText)
  return [
    `// Made by "nano-workers types" of ${origin}. Do not edit it: run that again when they change.`,
    '',
    'declare namespace Cloudflare {',
    ...block(
      'Env',
      members.map(({ name, mark, type }) => `${toKey(name)}${mark}: ${type}`),
      '  ',
    ),
    '}',
    '',
    'interface Env extends Cloudflare.Env {}',
    ...(ofProcess.length === 0
      ? []
      : [
          '',
          '// process.env has texts',
          'declare namespace NodeJS {',
          ...block(
            'ProcessEnv',
            ofProcess.map(({ name, mark }) => `${toKey(name)}${mark}: string`),
            '  ',
          ),
          '}',
        ]),
    ...toModules(rules),
    '',
  ].join('\n')
}

function block(name: string, lines: readonly string[], indent: string): string[] {
  if (lines.length === 0) return [`${indent}interface ${name} {}`]
  return [`${indent}interface ${name} {`, ...lines.map((line) => `${indent}  ${line}`), `${indent}}`]
}

function toModules(rules: readonly ModuleRule[]): string[] {
  return rules.flatMap(({ globs, type }) => {
    if (type === 'code') return []
    return globs.flatMap((glob) => {
      const [, ending] = ENDING.exec(glob) ?? []
      if (ending === undefined) return []
      const pattern = JSON.stringify(`*${ending}`)
      return [
        '',
        `declare module ${pattern} {`,
        `  const content: ${OF_RULE[type]}`,
        '  export default content',
        '}',
      ]
    })
  })
}

function toType(member: EnvMember, isStrict: boolean): string {
  if (member.type === 'binding') return member.name
  if (member.type === 'secret') return 'string'
  return isStrict ? toLiteral(member.value) : toWide(member.value)
}

function toLiteral(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toLiteral).join(', ')}]`
  if (isObject(value)) return toShape(value, toLiteral)
  return JSON.stringify(value)
}

function toWide(value: unknown): string {
  if (Array.isArray(value)) {
    const types = [...new Set(value.map(toWide))].sort()
    return types.length === 0 ? 'unknown[]' : `(${types.join(' | ')})[]`
  }
  if (isObject(value)) return toShape(value, toWide)
  return value === null ? 'null' : typeof value
}

function toShape(value: Readonly<Record<string, unknown>>, toEach: (value: unknown) => string): string {
  const members = Object.entries(value).map(([name, each]) => `${toKey(name)}: ${toEach(each)}`)
  return members.length === 0 ? '{}' : `{ ${members.join('; ')} }`
}

function toKey(name: string): string {
  return IDENTIFIER.test(name) ? name : JSON.stringify(name)
}
