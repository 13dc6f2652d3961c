/** `types`: a declaration file for the `env` of an app, from its nano.json and its wrangler file. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path'

import type { Command } from 'commander'

import type { AppConfig } from '../../config/config.ts'
import type { EnvValue } from '../../config/env.ts'
import { NanoError } from '../../errors.ts'
import { openWrangler } from '../../wrangler/app.ts'
import { declareEnv } from '../../wrangler/declare-env.ts'
import type { EnvMember, EnvMembers } from '../../wrangler/declare-env.ts'
import { findWritten, isObject, readWrangler } from '../../wrangler/file.ts'
import { openSource } from '../../wrangler/source.ts'
import { openAppConfig } from '../app-config.ts'
import { flag, option, text } from '../usage.ts'
import { CONFIG, findProject, findWranglerFolder, toEnvironment } from '../wrangler-project.ts'

interface TypesOptions {
  readonly out?: string
  readonly check?: true
  readonly env?: string
  readonly config?: string
  readonly name?: string
  /** `--no-strict-vars`. */
  readonly strictVars: boolean
}

const FILE = 'worker-configuration.d.ts'
/** What can be imported for its types. */
const SOURCE = /\.[cm]?[jt]sx?$/

/** What @cloudflare/workers-types calls bindings. */
const TYPES: Readonly<Record<string, string>> = {
  assets: 'Fetcher',
  d1: 'D1Database',
  durable: 'DurableObjectNamespace',
  hyperdrive: 'Hyperdrive',
  kv: 'KVNamespace',
  r2: 'R2Bucket',
  queue: 'Queue',
  ratelimit: 'RateLimit',
  service: 'Fetcher',
}

export function addTypes(program: Command): void {
  program
    .command('types')
    .summary('write the types of an app’s env')
    .description(
      `Write ${FILE}: the types of the env of an app, for code that is written against @cloudflare/workers-types. ` +
        `They are those of its ${CONFIG} and its wrangler file; without --env of all environments of that.`,
    )
    .argument('[dir]', 'the folder of the app', '.')
    .addOption(
      option('-o, --out <file>', `the file to write (default: ${FILE} in the folder of the app)`, text),
    )
    .addOption(flag('--check', 'write nothing; exit status 1 when the file is not what it should be'))
    .addOption(
      option('--env <name>', 'the environment of the wrangler file (default: CLOUDFLARE_ENV, or all)', text),
    )
    .addOption(option('--config <file>', `the configuration (default: the nearest ${CONFIG})`, text))
    .addOption(option('--name <app>', 'the app of the configuration, when it is not clear', text))
    .option(
      '--no-strict-vars',
      'variables are of the types string, number and so on, not of those of their values',
    )
    .action(types)
}

async function types(directory: string, { out, check, ...options }: TypesOptions): Promise<void> {
  const path = resolve(directory)
  const file = out ?? join(relative('.', findProject(path)), FILE)
  const made = await declare(path, file, options)
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  const isCurrent = before !== undefined && toBare(before) === toBare(made)
  if (check !== true || isCurrent) {
    if (!isCurrent) writeFileSync(file, made)
    process.stdout.write(`${file} ${isCurrent ? 'is as it should be' : 'is written'}\n`)
    return
  }
  const what = before === undefined ? 'is not there' : `is stale:\n${toDifference(before, made)}`
  process.stderr.write(`${file} ${what}\nrun: nano-workers types\n`)
  process.exitCode = 1
}

async function declare(
  path: string,
  out: string,
  options: Omit<TypesOptions, 'out' | 'check'>,
): Promise<string> {
  const { strictVars: isStrict } = options
  const folder = findWranglerFolder(path)
  const wrangler = folder === undefined ? undefined : findWritten(folder)
  const environment = toEnvironment(options)
  const environments = environment === undefined ? [undefined, ...toEnvironments(wrangler)] : [environment]
  const all: EnvMembers[] = []
  const files = new Set<string>()
  for (const each of environments) {
    // oxlint-disable-next-line no-await-in-loop -- a few small files
    const { apps, file } = await openAppConfig(path, {
      ...options,
      env: each,
      isDevelopment: true,
      isWritten: true,
    })
    const [app] = apps
    if (app?.wrangler?.fault !== undefined) throw new NanoError('WRANGLER_INVALID', app.wrangler.fault)
    if (file !== undefined) files.add(basename(file))
    const main = wrangler === undefined ? app!.path : openSource(wrangler, each).main
    all.push(toMembers(app!, wrangler, each, toModule(main, dirname(out))))
  }
  if (wrangler !== undefined) files.add(basename(wrangler))
  const rules = wrangler === undefined ? [] : openSource(wrangler, environment).rules
  return declareEnv(all, { isStrict, rules, origin: [...files].join(' and ') || basename(path) })
}

function toEnvironments(file: string | undefined): string[] {
  const environments = file === undefined ? undefined : readWrangler(file).json['env']
  return isObject(environments) ? Object.keys(environments) : []
}

/** Secrets are those that are named; what is written for development counts as well when none is. */
function toMembers(
  app: AppConfig,
  wrangler: string | undefined,
  environment: string | undefined,
  module: string | undefined,
): EnvMembers {
  const named = wrangler === undefined ? [] : (openWrangler(wrangler, environment).secrets ?? [])
  const secrets = [...Object.keys(app.secrets ?? {}), ...named]
  return {
    ...Object.fromEntries(secrets.map((name): [string, EnvMember] => [name, { type: 'secret' }])),
    ...Object.fromEntries(
      Object.entries(app.env).map(([name, value]) => [name, toMember(value, app.name, module)]),
    ),
  }
}

/** How the file imports the app's module; undefined: that is no source. */
function toModule(main: string | undefined, folder: string): string | undefined {
  if (main === undefined || !SOURCE.test(main)) return undefined
  const path = relative(resolve(folder), main).split(sep).join('/')
  const bare = path.slice(0, -extname(path).length)
  return bare.startsWith('.') ? bare : `./${bare}`
}

/** `module`: how the app's own classes are imported. */
function toMember(value: EnvValue, app: string, module: string | undefined): EnvMember {
  if (value.type === 'text') return { type: 'value', value: value.value }
  if (value.type === 'json') return { type: 'value', value: JSON.parse(value.value) as unknown }
  if (value.type === 'secret') return { type: 'secret' }
  const { kind, resource } = value
  const name = TYPES[kind] ?? 'unknown'
  const callee = resource?.callee
  if (callee === undefined || module === undefined || callee.app !== app) return { type: 'binding', name }
  const imported = `import(${JSON.stringify(module)})`
  if (kind !== 'service') return { type: 'binding', name: `${name}<${imported}.${callee.entrypoint}>` }
  return { type: 'binding', name: `Service<typeof ${imported}.${callee.entrypoint || 'default'}>` }
}

/** Without what a formatter may change. */
function toBare(text: string): string {
  return text.replaceAll(/[\s;]/g, '').replaceAll("'", '"')
}

/** Lines that only one of them has. */
function toDifference(before: string, made: string): string {
  const [old, next] = [before.split('\n'), made.split('\n')]
  const gone = old.filter((line) => !next.includes(line)).map((line) => `- ${line.trim()}`)
  const come = next.filter((line) => !old.includes(line)).map((line) => `+ ${line.trim()}`)
  return [...gone, ...come].join('\n') || 'lines are in another order'
}
