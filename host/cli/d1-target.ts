/**
 * The database that a command means, and who runs its statements: SQLite on the files of this machine, whether a server has
 * them or not, or the server at NANO_ADMIN_URL.
 */

import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

import { DEFAULTS } from '../config/config.ts'
import type { Config } from '../config/config.ts'
import { DEFAULT_CONNECTION_LIMITS } from '../config/connection-limits.ts'
import type { DatabaseConfig } from '../config/databases.ts'
import { NanoError } from '../errors.ts'
import { STORAGE_FOLDER } from '../storage/store.ts'
import { findWritten } from '../wrangler/file.ts'
import { AdminClient } from './admin-client.ts'
import { openLoneApp } from './lone-app.ts'
import type { Run } from './migrations.ts'
import { usage } from './usage.ts'
import { CONFIG } from './wrangler-project.ts'

export interface TargetOptions {
  readonly app?: string
  readonly config?: string
  readonly dataDir?: string
  readonly remote?: true
  readonly env?: string
}

export interface Target extends AsyncDisposable {
  readonly database: DatabaseConfig
  readonly run: Run
}

/** What `serve` takes beside its configuration. */
const DEFAULT_DATA = '.nano'
/** A migration may take long. */
const TIME_MS = 600_000

/** `name`: of the database or its binding. */
export async function openTarget(name: string, options: TargetOptions): Promise<Target> {
  const { remote } = options
  const config = await openConfig(options)
  const { app, database } = findDatabase(config, name, options.app)
  if (remote) return { database, run: toRemote(app.name, database.binding), async [Symbol.asyncDispose]() {} }
  const { SqlPool } = await import('../storage/sql/pool.ts')
  const { toDatabaseFile } = await import('../storage/sql/open.ts')
  const pool = new SqlPool()
  const member = app.env[database.binding]
  const key = member?.type === 'binding' ? member.resource?.key : undefined
  const directory = join(toDataDirectory(options, config), STORAGE_FOLDER)
  const at = toDatabaseFile(directory, key!, app.limits.databaseMb * 2 ** 20)
  const run: Run = async (statements) => {
    const body = Buffer.from(JSON.stringify(statements))
    const call = { database: at, shape: 'objects' as const, statements: body, timeMs: TIME_MS }
    const outcome = await pool.run(call)
    if (outcome.type === 'failed') throw new NanoError('QUERY_FAILED', outcome.message)
    return JSON.parse(Buffer.from(outcome.body).toString()) as Awaited<ReturnType<Run>>
  }
  return { database, run, [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose]() }
}

/** The configuration, or else what the wrangler file of this folder stands for. */
async function openConfig({ config, env }: TargetOptions): Promise<Config> {
  const { readConfig } = await import('../config/parse.ts')
  const file = config ?? CONFIG
  if (existsSync(file)) return readConfig(file)
  const folder = resolve('.')
  if (config === undefined && findWritten(folder) !== undefined) {
    const app = await openLoneApp(folder, { env, isWritten: true })
    if (app.wrangler?.fault !== undefined) throw new NanoError('WRANGLER_INVALID', app.wrangler.fault)
    return {
      ...DEFAULTS,
      connectionLimits: DEFAULT_CONNECTION_LIMITS,
      apps: [app],
      file: join(folder, CONFIG),
    }
  }
  throw usage(`expected a configuration, got no file ${file}; give --config`)
}

function toRemote(app: string, binding: string): Run {
  const path = `/admin/apps/${encodeURIComponent(app)}/d1/${encodeURIComponent(binding)}`
  return async (statements) => {
    const answer = await new AdminClient().ask<{ results: Awaited<ReturnType<Run>> }>('POST', path, {
      json: { statements },
    })
    return answer.results
  }
}

function toDataDirectory({ dataDir }: TargetOptions, { dataDirectory, file }: Config): string {
  if (dataDir !== undefined) return resolve(dataDir)
  return dataDirectory ?? join(dirname(file!), DEFAULT_DATA)
}

function findDatabase({ apps, file }: Config, name: string, appName: string | undefined) {
  const all = apps
    .filter((app) => appName === undefined || app.name === appName)
    .flatMap((app) => (app.databases ?? []).map((database) => ({ app, database })))
  const found = all.filter(({ database }) => database.name === name || database.binding === name)
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  const names = all.map(({ app, database }) => `${database.name} (${app.name})`).join(', ')
  const got = only === undefined ? `"${name}"` : `"${name}", which ${found.length} apps have; give --app`
  throw usage(`expected a database of ${file}: ${names || 'it has none'}; got ${got}`)
}
