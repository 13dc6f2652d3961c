/**
 * Migrations of a D1 database: the `.sql` files of a folder, applied once each, in the order of their names; a table of the
 * database says which were. The table is as wrangler makes it, so that a database can come from there.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { DatabaseConfig } from '../config/databases.ts'
import { NanoError } from '../errors.ts'
import { splitStatements } from '../storage/sql/split.ts'

/** One transaction; gives the rows of each statement. */
export type Run = (
  statements: readonly { readonly sql: string; readonly params: readonly string[] }[],
) => Promise<readonly { readonly results: readonly Record<string, unknown>[] }[]>

type Migrations = Pick<DatabaseConfig, 'migrationsDirectory' | 'migrationsTable'>

const EXTENSION = '.sql'
const NUMBER_DIGITS = 4

/** Files that are not in the table, in order. */
export async function listPending(migrations: Migrations, run: Run): Promise<string[]> {
  const { migrationsTable: table } = migrations
  const [, applied] = await run([
    {
      sql: `CREATE TABLE IF NOT EXISTS ${table} (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`,
      params: [],
    },
    { sql: `SELECT name FROM ${table}`, params: [] },
  ])
  const names = new Set(applied?.results.map(({ name }) => name))
  return listFiles(migrations).filter((file) => !names.has(file))
}

/** Each is a transaction with its row in the table. Ends at the first that fails. */
export async function applyPending(
  migrations: Migrations,
  run: Run,
  onApplied: (file: string) => void,
): Promise<void> {
  const { migrationsDirectory: directory, migrationsTable: table } = migrations
  for (const file of await listPending(migrations, run)) {
    const statements = splitStatements(readFileSync(join(directory, file), 'utf8'))
    try {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await run([
        ...statements.map((sql) => ({ sql, params: [] })),
        { sql: `INSERT INTO ${table} (name) VALUES (?)`, params: [file] },
      ])
    } catch (cause) {
      const { message } = cause as Error
      const text = `${join(directory, file)}: ${message}; nothing of it was applied`
      throw new NanoError('QUERY_FAILED', text, { cause })
    }
    onApplied(file)
  }
}

/** An empty file after the others; gives its path. */
export function createMigration({ migrationsDirectory: directory }: Migrations, title: string): string {
  mkdirSync(directory, { recursive: true })
  const last = existsSync(directory) ? listFiles({ migrationsDirectory: directory }).at(-1) : undefined
  const number = String((Number.parseInt(last ?? '0', 10) || 0) + 1).padStart(NUMBER_DIGITS, '0')
  const path = join(directory, `${number}_${title.trim().replaceAll(/[^\w-]+/g, '_')}${EXTENSION}`)
  writeFileSync(path, `-- Migration ${number}\n`, { flag: 'wx' })
  return path
}

/** `10_x.sql` comes after `9_x.sql`. */
function listFiles({ migrationsDirectory: directory }: Pick<Migrations, 'migrationsDirectory'>): string[] {
  if (!existsSync(directory)) {
    const next = 'nano-workers d1 migrations create makes one, migrations_dir says where it is'
    throw new NanoError('USAGE', `expected migrations in ${directory}, got no such folder; ${next}`)
  }
  return readdirSync(directory)
    .filter((file) => file.endsWith(EXTENSION))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}
