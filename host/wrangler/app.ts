/**
 * A wrangler file as what NANO knows of an app: where it begins, what it is called, and its settings as nano.json spells
 * them. What does not hold is said, with the key. Pure.
 */

import { dirname, resolve } from 'node:path'

import { NanoError } from '../errors.ts'
import { isObject, readWrangler } from './file.ts'
import type { WranglerJson } from './file.ts'
import { WRANGLER_KEYS } from './keys.ts'

/** An app as its wrangler file has it. */
export interface WranglerApp {
  readonly file: string
  readonly name: string | undefined
  /** Absolute. */
  readonly main: string | undefined
  readonly hostname: string | undefined
  /** As nano.json spells them; nothing of them is checked. */
  readonly settings: WranglerJson
  readonly define: Readonly<Record<string, string>>
  readonly alias: Readonly<Record<string, string>>
  /** Runs before the app can be built, if somebody says so. */
  readonly command: string | undefined
  /** What does not hold, a line each. */
  readonly warnings: readonly string[]
}

/** Keys that an environment does not take from the top level. */
const OWN_KEYS: ReadonlySet<string> = new Set([
  'vars',
  'define',
  'kv_namespaces',
  'd1_databases',
  'r2_buckets',
  'services',
  'queues',
  'durable_objects',
  'workflows',
  'secrets',
])

/** What lists bindings, with what of each is taken. */
const BINDINGS: Readonly<Record<string, readonly string[]>> = {
  kv_namespaces: ['binding', 'id'],
  d1_databases: ['binding', 'database_name', 'database_id', 'migrations_dir', 'migrations_table'],
  r2_buckets: ['binding', 'bucket_name'],
}
/** Says that a version of NANO has no such binding. */
const MISSING = 'this version of NANO does not have it yet'
/** A host name, perhaps with a path; patterns are none. */
const ROUTE = /^(?:https?:\/\/)?([a-z0-9.-]+)(\/\*?)?$/i

export interface WranglerOptions {
  /** The environment: a key of `env`. */
  readonly environment?: string | undefined
  /** The keys of settings that this version has. */
  readonly known: ReadonlySet<string>
}

/** Throws CONFIG_INVALID for a file that cannot be read, and for an app that could not work. */
export function openWrangler(file: string, { environment, known }: WranglerOptions): WranglerApp {
  const top = readWrangler(file)
  const json = environment === undefined ? top : withEnvironment(top, environment, file)
  const warnings: string[] = []
  const say = (key: string, text: string): void => void warnings.push(`${file}: ${key}: ${text}`)
  for (const key of Object.keys(json)) judge(key, json[key], file, say)
  const base = dirname(file)
  const [hostname, ...more] = toHosts(json, say)
  if (more.length > 0) say('routes', `${hostname} is taken; for ${more.join(', ')} deploy the app once more`)
  return {
    file,
    name: toText(json['name']),
    main: typeof json['main'] === 'string' ? resolve(base, json['main']) : undefined,
    hostname,
    settings: toSettings(json, known, say),
    define: toTexts(json['define']),
    alias: toTexts(json['alias']),
    command: isObject(json['build']) ? toText(json['build']['command']) : undefined,
    warnings,
  }
}

type Say = (key: string, text: string) => void

function withEnvironment(top: WranglerJson, name: string, file: string): WranglerJson {
  const all = isObject(top['env']) ? top['env'] : {}
  const own = Object.hasOwn(all, name) ? all[name] : undefined
  if (!isObject(own)) {
    const names = Object.keys(all).join(', ')
    const text = `${file}: env: expected an environment "${name}", got ${names === '' ? 'none' : names}`
    throw new NanoError('CONFIG_INVALID', text)
  }
  const inherited = Object.entries(top).filter(([key]) => key !== 'env' && !OWN_KEYS.has(key))
  const named = typeof top['name'] === 'string' ? { name: `${top['name']}-${name}` } : {}
  return { ...Object.fromEntries(inherited), ...named, ...own }
}

function judge(key: string, value: unknown, file: string, say: Say): void {
  if (isEmpty(value)) return
  if (!Object.hasOwn(WRANGLER_KEYS, key)) return say(key, 'NANO does not know this key')
  const { treatment, text } = WRANGLER_KEYS[key]!
  if (treatment === 'dropped') say(key, text)
  if (treatment === 'refused') throw new NanoError('CONFIG_INVALID', `${file}: ${key}: ${text}`)
}

/** A key that says nothing asks for nothing. */
function isEmpty(value: unknown): boolean {
  if (value === false || value === null || value === undefined) return true
  if (Array.isArray(value)) return value.length === 0
  if (!isObject(value)) return false
  return Object.values(value).every(isEmpty)
}

function toSettings(json: WranglerJson, known: ReadonlySet<string>, say: Say): WranglerJson {
  const settings: Record<string, unknown> = {}
  if (isObject(json['vars'])) settings['env'] = json['vars']
  if (isObject(json['triggers']) && Array.isArray(json['triggers']['crons'])) {
    settings['triggers'] = { crons: json['triggers']['crons'] }
  }
  for (const [key, members] of Object.entries(BINDINGS)) {
    const given = json[key]
    if (!Array.isArray(given) || given.length === 0) continue
    if (!known.has(key)) say(key, MISSING)
    else settings[key] = given.map((each) => (isObject(each) ? pick(each, members) : (each as unknown)))
  }
  const { assets } = json
  if (isObject(assets) && known.has('assets')) settings['assets'] = assets
  else if (!isEmpty(assets)) say('assets', MISSING)
  return settings
}

function pick(given: WranglerJson, members: readonly string[]): WranglerJson {
  return Object.fromEntries(
    members.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]),
  )
}

/** The host names of `route` and `routes`. */
function toHosts(json: WranglerJson, say: Say): string[] {
  const routes = [json['route'], json['routes']].flat().filter((route) => route !== undefined)
  return routes.flatMap((route) => {
    const pattern = isObject(route) ? route['pattern'] : route
    const [, host] = typeof pattern === 'string' ? (ROUTE.exec(pattern) ?? []) : []
    if (host !== undefined) return host.toLowerCase()
    say(
      'routes',
      `expected a host name, got ${JSON.stringify(pattern)}; the app has all paths of one host name`,
    )
    return []
  })
}

const toText = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

function toTexts(value: unknown): Readonly<Record<string, string>> {
  if (!isObject(value)) return {}
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
