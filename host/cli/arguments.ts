/**
 * The command line to a command: which one, with which options. Everything unknown, doubled or out of range is a
 * USAGE error that says what is known and what was probably meant. Pure.
 */

import { parseArgs } from 'node:util'

import { RANGES } from '../config/config.ts'
import { suggest } from '../config/suggest.ts'
import { NanoError } from '../errors.ts'

export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'version' }
  | ({ readonly name: 'build' } & BuildArguments)
  | ({ readonly name: 'serve' } & ServeArguments)

export interface BuildArguments {
  readonly entry: string
  readonly output: string
  /** Files and directories that the build may read besides the app's folder and `node_modules`. */
  readonly allowRead?: readonly string[]
  /** Of the app's top level. */
  readonly timeoutMs?: number
  readonly memoryMb?: number
}

export interface ServeArguments {
  /** Either a configuration file or an app, never both. */
  readonly source:
    | { readonly config: string }
    | { readonly app: string; readonly allowRead?: readonly string[] }
  readonly port?: number
  readonly host?: string
  readonly shards?: number
  /** Apps may reach this machine's loopback. */
  readonly dev?: true
  /** Of the operator's listener. */
  readonly adminPort?: number
}

const COMMANDS = ['serve', 'build', 'help', 'version'] as const
const DEFAULT_CONFIG = 'nano.json'

const OPTIONS = {
  serve: {
    config: { type: 'string' },
    app: { type: 'string' },
    port: { type: 'string' },
    host: { type: 'string' },
    shards: { type: 'string' },
    dev: { type: 'boolean' },
    'admin-port': { type: 'string' },
    'allow-read': { type: 'string', multiple: true },
  },
  build: {
    out: { type: 'string', short: 'o' },
    'allow-read': { type: 'string', multiple: true },
    'timeout-ms': { type: 'string' },
    'memory-mb': { type: 'string' },
  },
} as const

/** Of an app's top level, while it is built. */
const BUILD_RANGES = { timeoutMs: [1, 3_600_000], memoryMb: [64, 4096] } as const

export function parseArguments(args: readonly string[]): Command {
  const [first, ...rest] = args
  if (args.includes('--help') || args.includes('-h') || first === 'help') return { name: 'help' }
  if (first === '--version' || first === '-v' || first === 'version') return { name: 'version' }
  if (first === 'serve') return parseServe(rest)
  if (first === 'build') return parseBuild(rest)
  if (first === undefined) throw usage(`a command is missing; known are ${COMMANDS.join(', ')}`)
  if (first.startsWith('-'))
    throw usage(`the command comes first, before ${first}; known are ${COMMANDS.join(', ')}`)
  throw usage(`unknown command "${first}"${toHint(first, COMMANDS)}`)
}

function parseServe(args: readonly string[]): Command {
  const { values, lists, positionals } = read('serve', args)
  if (positionals[0] !== undefined)
    throw usage(`unexpected "${positionals[0]}"; did you mean --app ${positionals[0]}?`)
  const { config, app, host } = values
  if (config !== undefined && app !== undefined) throw usage('--config and --app exclude each other')
  const allowRead = lists['allow-read']
  if (app === undefined && allowRead !== undefined) {
    throw usage('--allow-read is for --app; in a configuration, give the app an "allow_read"')
  }
  const port = toInteger('port', values['port'], RANGES.port)
  const shards = toInteger('shards', values['shards'], RANGES.shards)
  const adminPort = toInteger('admin-port', values['admin-port'], RANGES.port)
  return {
    name: 'serve',
    source:
      app === undefined
        ? { config: config ?? DEFAULT_CONFIG }
        : { app, ...(allowRead === undefined ? {} : { allowRead }) },
    ...(port === undefined ? {} : { port }),
    ...(host === undefined ? {} : { host }),
    ...(shards === undefined ? {} : { shards }),
    ...(values.dev === undefined ? {} : { dev: true }),
    ...(adminPort === undefined ? {} : { adminPort }),
  }
}

function parseBuild(args: readonly string[]): Command {
  const { values, lists, positionals } = read('build', args)
  const [entry, extra] = positionals
  if (entry === undefined) throw usage('build needs an entry: nano-workers build src/index.ts -o app.wasm')
  if (extra !== undefined) throw usage(`build takes one entry, and "${extra}" is a second`)
  if (values.out === undefined) throw usage('build needs -o: the file to write, such as -o app.wasm')
  const allowRead = lists['allow-read']
  if (entry.endsWith('.wasm') && allowRead !== undefined) {
    throw usage('--allow-read is for sources; a component is made again from the bundle that it carries')
  }
  const timeoutMs = toInteger('timeout-ms', values['timeout-ms'], BUILD_RANGES.timeoutMs)
  const memoryMb = toInteger('memory-mb', values['memory-mb'], BUILD_RANGES.memoryMb)
  return {
    name: 'build',
    entry,
    output: values.out,
    ...(allowRead === undefined ? {} : { allowRead }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(memoryMb === undefined ? {} : { memoryMb }),
  }
}

/** The options and the words of a command. */
function read(command: keyof typeof OPTIONS, args: readonly string[]) {
  const options: Readonly<Record<string, { type: 'string' | 'boolean'; multiple?: true }>> = OPTIONS[command]
  const known = Object.keys(options).map((name) => `--${name}`)
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const values: Record<string, string> = {}
  const lists: Record<string, string[]> = {}
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    if (!Object.hasOwn(options, token.name)) {
      throw usage(`unknown option ${token.rawName} for ${command}${toHint(token.rawName, known)}`)
    }
    const isFlag = options[token.name]?.type === 'boolean'
    const value = isFlag && token.value === undefined ? 'true' : token.value
    if (isFlag && token.value !== undefined) throw usage(`${token.rawName} takes no value`)
    if (value === undefined || value === '' || (!token.inlineValue && value.startsWith('-'))) {
      throw usage(`${token.rawName} needs a value`)
    }
    if (options[token.name]?.multiple === true) {
      ;(lists[token.name] ??= []).push(value)
      continue
    }
    if (Object.hasOwn(values, token.name)) throw usage(`${token.rawName} is given twice`)
    values[token.name] = value
  }
  return { values, lists, positionals }
}

function toInteger(
  name: string,
  text: string | undefined,
  [least, most]: readonly [number, number],
): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= least && number <= most) return number
  throw usage(`--${name}: wanted a whole number from ${least} to ${most}, came "${text}"`)
}

function toHint(typed: string, known: readonly string[]): string {
  const near = suggest(typed, known)
  return near === undefined ? `; known are ${known.join(', ')}` : `; did you mean ${near}?`
}

function usage(text: string): NanoError {
  return new NanoError('USAGE', text)
}
