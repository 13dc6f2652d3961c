/**
 * A wrangler file as what NANO knows of an app: what it is called, and its settings as nano.json spells them. What does not
 * hold is said, with the key. Nothing of it is checked here: it is checked as what somebody writes into nano.json.
 */

import { dirname, resolve } from 'node:path'

import { suggest } from '../json/suggest.ts'
import { toWhere } from '../json/places.ts'
import type { Path } from '../json/places.ts'
import { toDurable } from './durable.ts'
import { withEnvironment } from './environment.ts'
import { toAppFolder } from './find.ts'
import { isObject, readWrangler, toShown } from './file.ts'
import type { WranglerFile, WranglerJson } from './file.ts'
import { toHost } from './hosts.ts'
import { toHyperdrive } from './hyperdrive.ts'
import { toServices } from './services.ts'
import { WRANGLER_KEYS } from './keys.ts'
import { toQueues } from './queues.ts'
import { withPages } from './pages.ts'
import { toRateLimits } from './rate-limits.ts'
import type { Say } from './say.ts'

/** An app as its wrangler file has it. */
export interface WranglerApp {
  readonly file: string
  /** The app's: what the file names has to lie in it. */
  readonly folder: string
  readonly name: string | undefined
  /** The first of its routes. */
  readonly hostname: string | undefined
  /** As nano.json spells them; paths are absolute. */
  readonly settings: WranglerJson
  /** What it is to have of what the operator gives, as nano.json spells it. */
  readonly limits: WranglerJson
  /** Names of secrets that it needs; undefined: it does not say. */
  readonly secrets: readonly string[] | undefined
  /** It has files and no code. */
  readonly isFilesAlone: boolean
  /** Runs before the app can be built, if somebody says so: in a shell, in this folder. */
  readonly build: { readonly command: string; readonly folder: string } | undefined
  /** What does not hold, a line each. */
  readonly warnings: readonly string[]
  /** Those of its routes. */
  readonly routeWarnings: readonly string[]
  /** Where a value of `settings` or `limits` stands, and what the file calls it. */
  readonly placeOf: (path: Path) => string
}

/** What lists bindings, with what of each is taken. */
const BINDINGS: Readonly<Record<string, readonly string[]>> = {
  kv_namespaces: ['binding', 'id'],
  d1_databases: ['binding', 'database_name', 'database_id', 'migrations_dir', 'migrations_table'],
  r2_buckets: ['binding', 'bucket_name'],
}
const ASSETS = ['directory', 'binding', 'run_worker_first', 'html_handling', 'not_found_handling']
const LIMITS = ['cpu_ms', 'subrequests']
const DEFAULT_MIGRATIONS = 'migrations'
/** Flags for what an app has anyway. */
const HELD: ReadonlySet<unknown> = new Set([
  'nodejs_compat',
  'nodejs_compat_v2',
  'no_nodejs_compat_v2',
  'nodejs_als',
  'global_fetch_strictly_public',
])
/** What tools that write a file write out although it says nothing. */
const DEFAULTS: Readonly<Record<string, string>> = {
  jsx_factory: '"React.createElement"',
  jsx_fragment: '"React.Fragment"',
  python_modules: '{"exclude":["**/*.pyc"]}',
}
/** What nano.json calls some keys. */
const CALLED: Readonly<Record<string, string>> = { env: 'vars', cpu_ms: 'limits', subrequests: 'limits' }

/** `environment`: a key of `env`. Throws WRANGLER_INVALID for a file that cannot be read, and for an app that could not work. */
export function openWrangler(file: string, environment: string | undefined): WranglerApp {
  const top = readWrangler(file)
  const warnings: string[] = []
  const routeWarnings: string[] = []
  const sayTo =
    (lines: string[], { placeOf }: WranglerFile): Say =>
    (key, text) =>
      void lines.push(toShown(`${placeOf([key])}: ${key}: ${text}`))
  const read = withPages(withEnvironment(top, environment, sayTo(warnings, top)), file, sayTo(warnings, top))
  const say = sayTo(warnings, read)
  const { json } = read
  for (const key of Object.keys(json)) judge(key, json[key], say)
  const { assets, limits, main, name, secrets } = json
  return {
    file,
    folder: toAppFolder(file),
    name: typeof name === 'string' && name !== '' ? name : undefined,
    hostname: toHost(json, sayTo(routeWarnings, read)),
    settings: toSettings(json, dirname(file), say),
    limits: isObject(limits) ? pick('limits', limits, LIMITS, say) : {},
    secrets:
      isObject(secrets) && Array.isArray(secrets['required'])
        ? secrets['required'].filter(isText)
        : undefined,
    isFilesAlone: main === undefined && isObject(assets) && assets['directory'] !== undefined,
    build: toBuild(json, dirname(file)),
    warnings,
    routeWarnings,
    placeOf(path) {
      const [first = '', ...rest] = path
      const called = CALLED[first] ?? first
      const own = called === 'limits' ? [called, first] : [called, ...rest]
      return toShown(`${read.placeOf(own)}: ${toWhere(own)}`)
    },
  }
}

function judge(key: string, value: unknown, say: Say): void {
  if (isEmpty(value) || JSON.stringify(value) === DEFAULTS[key]) return
  if (!Object.hasOwn(WRANGLER_KEYS, key)) {
    const near = suggest(key, Object.keys(WRANGLER_KEYS))
    return say(
      key,
      near === undefined
        ? 'NANO does not know this key'
        : `NANO does not know this key; did you mean "${near}"?`,
    )
  }
  const { treatment, text } = WRANGLER_KEYS[key]!
  if (treatment === 'dropped') say(key, text)
  if (key === 'compatibility_flags' && Array.isArray(value)) {
    const others = value.filter((flag) => !HELD.has(flag))
    if (others.length > 0) say(key, `${others.join(', ')}: NANO has one behaviour, which flags do not change`)
  }
  if (
    key === 'rules' &&
    Array.isArray(value) &&
    value.some((rule) => isObject(rule) && rule['type'] === 'CompiledWasm')
  ) {
    say(key, 'CompiledWasm: an app cannot load WebAssembly, being WebAssembly itself')
  }
}

/** A key that says nothing asks for nothing. */
function isEmpty(value: unknown): boolean {
  if (value === false || value === null || value === undefined) return true
  if (Array.isArray(value)) return value.length === 0
  return isObject(value) && Object.values(value).every(isEmpty)
}

function toSettings(json: WranglerJson, folder: string, say: Say): WranglerJson {
  const settings: Record<string, unknown> = {}
  const { assets, triggers, vars } = json
  if (vars !== undefined) settings['env'] = vars
  if (isObject(triggers)) settings['triggers'] = pick('triggers', triggers, ['crons'], say)
  for (const [key, members] of Object.entries(BINDINGS)) {
    const given = json[key]
    if (given === undefined) continue
    settings[key] = Array.isArray(given)
      ? given.map((each: unknown) => (isObject(each) ? pickQuietly(each, members) : each))
      : given
  }
  const rateLimits = toRateLimits(json, say)
  if (rateLimits !== undefined) settings['ratelimits'] = rateLimits
  const services = toServices(json)
  if (services !== undefined) settings['services'] = services
  const hyperdrive = toHyperdrive(json)
  if (hyperdrive !== undefined) settings['hyperdrive'] = hyperdrive
  Object.assign(settings, toDurable(json, say), toQueues(json, say))
  const databases = settings['d1_databases']
  if (Array.isArray(databases)) {
    settings['d1_databases'] = databases.map((each: unknown) =>
      isObject(each)
        ? inFolder({ migrations_dir: DEFAULT_MIGRATIONS, ...each }, 'migrations_dir', folder)
        : each,
    )
  }
  if (assets !== undefined) {
    settings['assets'] = isObject(assets)
      ? inFolder(pick('assets', assets, ASSETS, say), 'directory', folder)
      : assets
  }
  return settings
}

function inFolder(given: WranglerJson, key: string, folder: string): WranglerJson {
  const path = given[key]
  return typeof path === 'string' ? { ...given, [key]: resolve(folder, path) } : given
}

/** The members that are taken; of the others it is said that they are not. */
function pick(key: string, given: WranglerJson, members: readonly string[], say: Say): WranglerJson {
  const others = Object.keys(given).filter((name) => !members.includes(name) && !isEmpty(given[name]))
  if (others.length > 0) say(key, `${others.join(', ')} is not taken; known are ${members.join(', ')}`)
  return pickQuietly(given, members)
}

function pickQuietly(given: WranglerJson, members: readonly string[]): WranglerJson {
  return Object.fromEntries(
    members
      // an id that a template leaves empty is none
      .filter((name) => given[name] !== undefined && given[name] !== null && given[name] !== '')
      .map((name) => [name, given[name]]),
  )
}

function toBuild({ build }: WranglerJson, folder: string): WranglerApp['build'] {
  if (!isObject(build) || !isText(build['command'])) return undefined
  return { command: build['command'], folder: resolve(folder, isText(build['cwd']) ? build['cwd'] : '.') }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** What is to be said when its build did not run. */
export function toUnbuilt({ build, file }: WranglerApp): string {
  return `${file}: build: the command was not run; --run-build of build, dev and deploy runs it: ${build?.command}`
}
