/** `util.parseArgs`: the options and the rest of a command line. */

import { coded } from '../http/coded.ts'
import { invalidType, invalidValue, requireBoolean, requireString } from '../invalid.ts'

type Value = string | boolean
interface Option {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly multiple?: boolean
  readonly default?: Value | readonly Value[]
}
type Options = Readonly<Record<string, Option>>

interface OptionToken {
  readonly kind: 'option'
  /** What it is kept under. */
  name: string
  readonly rawName: string
  readonly index: number
  readonly value: string | undefined
  readonly inlineValue: boolean | undefined
}
type Token =
  | OptionToken
  | { readonly kind: 'positional'; readonly index: number; readonly value: string }
  | { readonly kind: 'option-terminator'; readonly index: number }

interface Config {
  readonly args?: readonly string[]
  readonly options?: Options
  readonly strict?: boolean
  readonly allowPositionals?: boolean
  readonly allowNegative?: boolean
  readonly tokens?: boolean
}
interface Parsed {
  readonly values: Record<string, Value | Value[]>
  readonly positionals: string[]
  readonly tokens?: readonly Token[]
}
/** What tokens are checked and kept by. */
interface Manner {
  readonly options: Options
  readonly allowPositionals: boolean
  readonly allowNegative: boolean
}

const INVALID_VALUE = 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE'
const NEGATED = 'no-'

export function parseArgs(config: Config = {}): Parsed {
  const { args = process.argv.slice(2), options = {}, strict = true, tokens: givesTokens = false } = config
  const { allowPositionals = !strict, allowNegative = false } = config
  if (!Array.isArray(args)) throw invalidType('args', 'an instance of Array', args)
  for (const [name, value] of Object.entries({
    strict,
    allowPositionals,
    tokens: givesTokens,
    allowNegative,
  }))
    requireBoolean(name, value)
  requireObject('options', options)
  for (const [name, option] of Object.entries(options)) validate(`options.${name}`, option)
  const manner = { options, allowPositionals, allowNegative }
  const tokens = toTokens(args as readonly string[], options)
  const values = Object.create(null) as Parsed['values']
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'option') {
      if (strict) check(token, manner)
      keep(values, token, manner)
    } else if (token.kind === 'positional') {
      if (!allowPositionals) {
        const text = `Unexpected argument '${token.value}'. This command does not take positional arguments`
        throw coded('ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL', new TypeError(text))
      }
      positionals.push(token.value)
    }
  }
  for (const [name, option] of Object.entries(options))
    if (option.default !== undefined && values[name] === undefined)
      values[name] = option.default as Value | Value[]
  return { values, positionals, ...(givesTokens && { tokens }) }
}

function requireObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidType(name, 'of type object', value)
}

function validate(name: string, option: Option): void {
  requireObject(name, option)
  const { type, short, multiple, default: given } = option
  if (type !== 'string' && type !== 'boolean') throw invalidType(`${name}.type`, "('string|boolean')", type)
  if (Object.hasOwn(option, 'short')) {
    requireString(`${name}.short`, short)
    if (short.length !== 1) throw invalidValue(`${name}.short`, 'must be a single character', short)
  }
  if (Object.hasOwn(option, 'multiple')) requireBoolean(`${name}.multiple`, multiple)
  if (given === undefined) return
  const require: (name: string, value: unknown) => void = type === 'string' ? requireString : requireBoolean
  if (!multiple) return require(`${name}.default`, given)
  if (!Array.isArray(given)) throw invalidType(`${name}.default`, 'an instance of Array', given)
  for (const [at, each] of given.entries()) require(`${name}.default[${at}]`, each)
}

function typeOf(options: Options, name: string): Option['type'] | undefined {
  return Object.hasOwn(options, name) ? options[name]?.type : undefined
}

function toLong(options: Options, short: string): string {
  return Object.entries(options).find(([, option]) => option.short === short)?.[0] ?? short
}

function toTokens(args: readonly string[], options: Options): Token[] {
  const tokens: Token[] = []
  const left = [...args]
  let index = -1
  /** So many of what is left were one argument. */
  let grouped = 0
  /** An option whose value, if it takes one, is the next argument. */
  const addAlone = (name: string, rawName: string): void => {
    const value = typeOf(options, name) === 'string' ? left.shift() : undefined
    const inlineValue = value === undefined ? undefined : false
    tokens.push({ kind: 'option', name, rawName, index, value, inlineValue })
    if (value !== undefined) index++
  }
  for (let arg = left.shift(); arg !== undefined; arg = left.shift()) {
    if (grouped > 0) grouped--
    else index++
    const [dash, short = ''] = arg
    if (arg === '--') {
      tokens.push({ kind: 'option-terminator', index })
      for (const value of left) tokens.push({ kind: 'positional', index: ++index, value })
      break
    }
    if (dash !== '-' || arg.length < 2) {
      tokens.push({ kind: 'positional', index, value: arg })
    } else if (short === '-') {
      const at = arg.indexOf('=', 3)
      const name = arg.slice(2, at < 0 ? undefined : at)
      if (at < 0) addAlone(name, arg)
      else {
        const value = arg.slice(at + 1)
        tokens.push({ kind: 'option', name, rawName: `--${name}`, index, value, inlineValue: true })
      }
    } else if (arg.length === 2) {
      addAlone(toLong(options, short), arg)
    } else if (typeOf(options, toLong(options, short)) === 'string') {
      const name = toLong(options, short)
      const value = arg.slice(2)
      tokens.push({ kind: 'option', name, rawName: `-${short}`, index, value, inlineValue: true })
    } else {
      const expanded = ungroup(arg, options)
      left.unshift(...expanded)
      grouped = expanded.length
    }
  }
  return tokens
}

/** `-ab` as `-a` and `-b`; what follows an option that takes a value is its value. */
function ungroup(arg: string, options: Options): string[] {
  const expanded: string[] = []
  for (let at = 1; at < arg.length; at++) {
    const takesValue = typeOf(options, toLong(options, arg[at]!)) === 'string'
    if (takesValue && at < arg.length - 1) return [...expanded, `-${arg.slice(at)}`]
    expanded.push(`-${arg[at]}`)
  }
  return expanded
}

function check(token: OptionToken, { options, allowPositionals, allowNegative }: Manner): void {
  const { rawName, value } = token
  const isNegated = allowNegative && !Object.hasOwn(options, token.name) && token.name.startsWith(NEGATED)
  const name = isNegated ? token.name.slice(NEGATED.length) : token.name
  const type = typeOf(options, name)
  if (type === undefined || (isNegated && type !== 'boolean')) {
    const advice = `. To specify a positional argument starting with a '-', place it at the end of the command after '--', as in '-- "${rawName}"`
    const text = `Unknown option '${rawName}'${allowPositionals ? advice : ''}`
    throw coded('ERR_PARSE_ARGS_UNKNOWN_OPTION', new TypeError(text))
  }
  const short = options[name]?.short
  const both = `${short === undefined ? '' : `-${short}, `}--${name}`
  if (type === 'string' && value === undefined)
    throw coded(INVALID_VALUE, new TypeError(`Option '${both} <value>' argument missing`))
  if (type === 'boolean' && value !== undefined)
    throw coded(INVALID_VALUE, new TypeError(`Option '${both}' does not take an argument`))
  if (token.inlineValue || value === undefined || value.length < 2 || !value.startsWith('-')) return
  const inline = rawName.startsWith('--') ? `'${rawName}=-XYZ'` : `'--${name}=-XYZ' or '${rawName}-XYZ'`
  const text =
    `Option '${rawName}' argument is ambiguous.\nDid you forget to specify the option argument for '${rawName}'?\n` +
    `To specify an option argument starting with a dash use ${inline}.`
  throw coded(INVALID_VALUE, new TypeError(text))
}

function keep(values: Parsed['values'], token: OptionToken, { options, allowNegative }: Manner): void {
  const { name, value } = token
  if (name === '__proto__') return
  const isNegated = allowNegative && name.startsWith(NEGATED) && value === undefined
  const long = isNegated ? name.slice(NEGATED.length) : name
  const kept = value ?? !isNegated
  token.name = long
  if (!Object.hasOwn(options, long) || !options[long]?.multiple) values[long] = kept
  else values[long] = [...((values[long] as Value[] | undefined) ?? []), kept]
}
