/**
 * nano.json to a checked `Config`. JSON with comments and trailing commas; unknown keys are errors. Every problem of
 * the file is reported at once, each with file:line:column and what was wanted; nano.schema.json at the top of the
 * package says the same to editors. Pure but for `readConfig`.
 */

import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

import { parseTree, printParseErrorCode } from 'jsonc-parser'
import type { Node, ParseError } from 'jsonc-parser'

import { NanoError } from '../errors.ts'
import { DEFAULTS, RANGES } from './config.ts'
import type { AppConfig, Config } from './config.ts'
import type { Env, EnvValue } from './env.ts'
import { CONNECTION_RULES, readConnectionLimits } from './connection-limits.ts'
import { toHostName } from '../http/host-name.ts'
import { DEFAULT_LIMITS, LIMIT_RULES, readLimits } from './limits.ts'
import { parseAdmin } from './parse-admin.ts'
import { parseEgress } from './parse-egress.ts'
import { parseNetworks } from './parse-networks.ts'
import { Reader } from './reader.ts'
import type { Members, Problem } from './reader.ts'

const LIMIT_KEYS = Object.values(LIMIT_RULES).map((rule) => rule.key)
const CONNECTION_KEYS = Object.values(CONNECTION_RULES).map((rule) => rule.key)
const TOP_KEYS = [
  '$schema',
  'port',
  'host',
  'shards',
  ...CONNECTION_KEYS,
  'trusted_proxies',
  'admin',
  'engines',
  'dev',
  'defaults',
  'apps',
] as const
const DEFAULT_KEYS = [...LIMIT_KEYS, 'egress']
const APP_KEYS = ['name', 'hostname', 'path', 'allow_read', 'env', ...DEFAULT_KEYS]
const ENGINE = /^[0-9a-f]{64}$/
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

/** What apps take from the defaults. */
type Defaults = Pick<AppConfig, 'limits' | 'egress'>

/** Read and check a configuration file. */
export function readConfig(file: string): Config {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(file)
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable'
    const text = reason === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${reason})`
    throw new NanoError('CONFIG_INVALID', `${file}: ${text}`, { cause })
  }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new NanoError('CONFIG_INVALID', `${file}:1:1: the file is not UTF-8 text`, { cause })
  }
  return parseConfig(text, file)
}

/** Check a configuration's text. `file` is for messages, and paths are relative to its directory. */
export function parseConfig(text: string, file: string): Config {
  if (text.startsWith('\uFEFF')) {
    throw toError(
      [{ offset: 0, text: 'starts with a byte order mark; save it as UTF-8 without one' }],
      text,
      file,
    )
  }
  const syntax: ParseError[] = []
  const root = parseTree(text, syntax, { allowTrailingComma: true, disallowComments: false })
  if (syntax.length > 0 || root === undefined) {
    const problems = syntax.map((error) => ({
      offset: error.offset,
      text: toWords(printParseErrorCode(error.error)),
    }))
    throw toError(problems.length > 0 ? problems : [{ offset: 0, text: 'the file is empty' }], text, file)
  }
  const reader = new Reader()
  const config = parseTop(reader, root, resolve(file))
  if (config === undefined || reader.problems.length > 0) throw toError(reader.problems, text, file)
  return config
}

function parseTop(reader: Reader, root: Node, file: string): Config | undefined {
  const top = reader.object(root, 'the configuration', TOP_KEYS)
  if (top === undefined) return undefined
  reader.string(top.get('$schema'), '$schema')
  const port = reader.integer(top.get('port'), 'port', RANGES.port) ?? DEFAULTS.port
  const host = reader.string(top.get('host'), 'host') ?? DEFAULTS.host
  const shards = reader.integer(top.get('shards'), 'shards', RANGES.shards)
  const connectionLimits = readConnectionLimits(({ key, range }) => reader.integer(top.get(key), key, range))
  const trustedProxies = parseNetworks(reader, top.get('trusted_proxies'), 'trusted_proxies')
  const admin = parseAdmin(reader, top.get('admin'))
  const isHash = (text: string): boolean => ENGINE.test(text)
  const engines = reader.strings(top.get('engines'), 'engines', isHash, 'a hash of 64 lower-case hex digits')
  const dev = reader.boolean(top.get('dev'), 'dev')
  const defaultsNode = top.get('defaults')
  const defaultMembers = defaultsNode && reader.object(defaultsNode, 'defaults', DEFAULT_KEYS)
  const initial: Defaults = { limits: DEFAULT_LIMITS }
  const defaults = defaultMembers ? parseDefaults(reader, defaultMembers, 'defaults', initial) : initial
  const apps = parseApps(reader, root, top.get('apps'), defaults, dirname(file))
  return {
    file,
    port,
    host,
    connectionLimits,
    ...(shards === undefined ? {} : { shards }),
    ...(trustedProxies === undefined ? {} : { trustedProxies }),
    ...(admin === undefined ? {} : { admin }),
    ...(engines === undefined ? {} : { engines }),
    ...(dev === undefined ? {} : { dev }),
    apps,
  }
}

function parseApps(
  reader: Reader,
  root: Node,
  node: Node | undefined,
  defaults: Defaults,
  base: string,
): AppConfig[] {
  if (node === undefined) {
    reader.note(root, 'the configuration: "apps" is missing; wanted a list with at least one app')
    return []
  }
  const items = reader.array(node, 'apps') ?? []
  if (node.type === 'array' && items.length === 0)
    reader.note(node, 'apps: wanted at least one app, came none')
  const apps: AppConfig[] = []
  const names = new Map<string, string>()
  const hostnames = new Map<string, string>()
  for (const [index, item] of items.entries()) {
    const what = `apps[${index}]`
    const members = reader.object(item, what, APP_KEYS)
    if (members === undefined) continue
    const app = parseApp(reader, item, members, what, defaults, base)
    if (app === undefined) continue
    noteTwice(reader, names, app.name.toLowerCase(), members.get('name') ?? item, what, 'name')
    noteTwice(reader, hostnames, app.hostname, members.get('hostname') ?? item, what, 'hostname')
    apps.push(app)
  }
  return apps
}

function parseApp(
  reader: Reader,
  item: Node,
  members: Members,
  what: string,
  defaults: Defaults,
  base: string,
): AppConfig | undefined {
  for (const key of ['name', 'path']) if (!members.has(key)) reader.note(item, `${what}: "${key}" is missing`)
  const nameNode = members.get('name')
  const name = reader.string(nameNode, `${what}.name`)
  if (name !== undefined && nameNode !== undefined && !NAME.test(name)) {
    reader.note(
      nameNode,
      `${what}.name: wanted letters, digits, ".", "_" and "-", at most 63, came "${name}"`,
    )
  }
  const path = reader.string(members.get('path'), `${what}.path`)
  const allowRead = reader.strings(members.get('allow_read'), `${what}.allow_read`, () => true, 'a path')
  const env = parseEnv(reader, members.get('env'), `${what}.env`)
  const own = parseDefaults(reader, members, what, defaults)
  const hostNode = members.get('hostname') ?? nameNode
  const rawHost = members.has('hostname') ? reader.string(hostNode, `${what}.hostname`) : name
  if (name === undefined || path === undefined || rawHost === undefined || hostNode === undefined)
    return undefined
  const hostname = toHostName(rawHost)
  if (hostname === undefined) {
    return reader.note(hostNode, `${what}.hostname: wanted a host name without port, came "${rawHost}"`)
  }
  const reads = allowRead?.map((directory) => resolve(base, directory))
  return {
    name,
    hostname,
    path: resolve(base, path),
    ...(reads === undefined ? {} : { allowRead: reads }),
    env,
    ...own,
  }
}

function parseEnv(reader: Reader, node: Node | undefined, what: string): Env {
  const members = node === undefined ? undefined : reader.object(node, what)
  const entries: [string, EnvValue][] = []
  for (const [key, value] of members ?? []) {
    if (value.type === 'string') entries.push([key, { type: 'text', value: String(value.value) }])
    else reader.note(value, `${what}.${key}: wanted a text in quotes, came ${value.type}`)
  }
  return Object.fromEntries(entries)
}

function parseDefaults(reader: Reader, members: Members, what: string, defaults: Defaults): Defaults {
  const limits = readLimits(
    ({ key, range, why }) => reader.integer(members.get(key), `${what}.${key}`, range, why),
    defaults.limits,
  )
  const egress = parseEgress(reader, members.get('egress'), `${what}.egress`, defaults.egress)
  return { limits, ...(egress === undefined ? {} : { egress }) }
}

function noteTwice(
  reader: Reader,
  seen: Map<string, string>,
  key: string,
  node: Node,
  what: string,
  noun: string,
) {
  const first = seen.get(key)
  if (first === undefined) seen.set(key, what)
  else
    reader.note(node, `${what}.${noun}: "${key}" is already taken by ${first} (capitals make no difference)`)
}

function toError(problems: readonly Problem[], text: string, file: string): NanoError {
  const lines = [...problems]
    .sort((a, b) => a.offset - b.offset)
    .map((problem) => {
      const before = text.slice(0, problem.offset).split('\n')
      return `${file}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}: ${problem.text}`
    })
  return new NanoError('CONFIG_INVALID', lines.join('\n'))
}

/** `CommaExpected` to `comma expected`. */
function toWords(code: string): string {
  return code.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()
}
