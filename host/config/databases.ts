/** D1 databases of an app as the command line has them: what they are called, and where their migrations are. */

import { resolve } from 'node:path'

import type { SharedBindings } from './to-bindings.ts'

export interface DatabaseConfig {
  /** Its name in `env`. */
  readonly binding: string
  /** What the command line calls it as well. */
  readonly name: string
  /** Absolute path of a folder. */
  readonly migrationsDirectory: string
  readonly migrationsTable: string
}

const DEFAULT_FOLDER = 'migrations'
const DEFAULT_TABLE = 'd1_migrations'

/** `base`: what paths are relative to. */
export function toDatabases(
  { d1_databases: databases }: SharedBindings,
  base: string,
): readonly DatabaseConfig[] | undefined {
  return databases?.map(({ binding, database_name: name = binding, ...more }) => ({
    binding,
    name,
    migrationsDirectory: resolve(base, more.migrations_dir ?? DEFAULT_FOLDER),
    migrationsTable: more.migrations_table ?? DEFAULT_TABLE,
  }))
}
