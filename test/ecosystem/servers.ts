/** Debian's servers for the apps that have one in their `env`. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { makeCertificate, NO_OPENSSL } from '../harness/certificate.ts'
import {
  type Database,
  MISSING_SERVERS,
  startMariaDb,
  startPostgres,
  startRedis,
} from '../harness/databases.ts'

export interface Servers extends AsyncDisposable {
  /** Their URLs. */
  readonly env: Record<string, string>
  /** Apps whose server is not there, and why. */
  readonly skipped: Readonly<Record<string, string | undefined>>
}

/** Starts those that are installed. */
export async function startServers(): Promise<Servers> {
  const folder = mkdtempSync(join(tmpdir(), 'nano-ecosystem-tls-'))
  const { postgres, redis } = MISSING_SERVERS
  const mariadb = MISSING_SERVERS.mariadb ?? NO_OPENSSL
  const started: Database[] = []
  const env: Record<string, string> = {}
  const start = async (name: string, missing: string | undefined, open: () => Promise<Database>) => {
    if (missing !== undefined) return
    const database = await open()
    started.push(database)
    env[name] = database.url
  }
  const startSecure = (): Promise<Database> => {
    const files = makeCertificate(folder, 'mariadb', ['localhost'])
    env['MARIADB_CA'] = readFileSync(files.cert, 'utf8')
    return startMariaDb(files)
  }
  await Promise.all([
    start('POSTGRES', postgres, startPostgres),
    start('MARIADB', mariadb, startSecure),
    start('REDIS', redis, startRedis),
  ])
  return {
    env,
    skipped: {
      'tcp-hyperdrive': postgres,
      'tcp-pg': postgres,
      'tcp-postgres': postgres,
      'tcp-mysql2': mariadb,
      'tcp-ioredis': redis,
      'tcp-redis': redis,
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(started.map((database) => database[Symbol.asyncDispose]()))
      rmSync(folder, { recursive: true })
    },
  }
}
