/** Debian's PostgreSQL and MariaDB, each a server of a test's own with a database, and a Redis with a port. */

import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { findPort } from '../../bench/server-process.ts'

/** A server that listens on this machine. */
export interface Database extends AsyncDisposable {
  readonly url: string
}

const USER = 'ada'
const PASSWORD = 'countess'
const HOST = '127.0.0.1'
const NAME = 'shop'

const POSTGRES = globSync('/usr/lib/postgresql/*/bin').sort().at(-1)
const MARIADB = ['/usr/sbin/mariadbd', '/usr/bin/mariadb-install-db']

/** Why there is none on this machine, by name; undefined where there is one. */
export const MISSING_SERVERS = {
  postgres: POSTGRES === undefined ? 'PostgreSQL is not installed (apt-get install postgresql)' : undefined,
  mariadb: MARIADB.every((path) => existsSync(path))
    ? undefined
    : 'MariaDB is not installed (apt-get install mariadb-server)',
  redis: existsSync('/usr/bin/redis-server')
    ? undefined
    : 'Redis is not installed (apt-get install redis-server)',
} as const

/** Neither server runs as root. */
const isRoot = process.getuid?.() === 0
const asUser = (user: string, command: string, args: string[]): [string, string[]] =>
  isRoot ? ['runuser', ['-u', user, '--', command, ...args]] : [command, args]

/** Passwords are asked for as SCRAM has them. */
export async function startPostgres(): Promise<Database> {
  const folder = makeFolder('postgres')
  const data = join(folder, 'data')
  const password = join(folder, 'password')
  writeFileSync(password, PASSWORD)
  const run = (command: string, args: string[]): void => {
    const [program, all] = asUser('postgres', join(POSTGRES!, command), args)
    execFileSync(program, all, { cwd: folder, stdio: 'pipe' })
  }
  run('initdb', ['-D', data, '-U', USER, '-A', 'scram-sha-256', '--pwfile', password, '-N', '-E', 'UTF8'])
  const port = await findPort()
  const settings = ['listen_addresses=' + HOST, `unix_socket_directories=${folder}`, 'fsync=off']
  const args = ['-D', data, '-p', String(port), ...settings.flatMap((each) => ['-c', each])]
  const child = spawn(...asUser('postgres', join(POSTGRES!, 'postgres'), args), { cwd: folder })
  await saidBy(child, 'ready to accept connections')
  return toDatabase(child, folder, `postgres://${USER}:${PASSWORD}@${HOST}:${port}/postgres`)
}

/** `tls`: files of its certificate and key. The name in the URL is the one that a certificate may be for. */
export async function startMariaDb(tls?: { cert: string; key: string }): Promise<Database> {
  const folder = makeFolder('mariadb')
  const data = join(folder, 'data')
  mkdirSync(data, { mode: 0o777 })
  chmodSync(data, 0o777)
  const user = isRoot ? ['--user=mysql'] : []
  execFileSync(MARIADB[1]!, ['--no-defaults', `--datadir=${data}`, ...user, '--skip-test-db'], {
    stdio: 'pipe',
  })
  const init = join(folder, 'init.sql')
  writeFileSync(
    init,
    `CREATE DATABASE ${NAME};
CREATE USER '${USER}'@'%' IDENTIFIED BY '${PASSWORD}';
GRANT ALL ON ${NAME}.* TO '${USER}'@'%';
`,
  )
  chmodSync(init, 0o644)
  const port = await findPort()
  const args = ['--no-defaults', `--datadir=${data}`, `--port=${port}`, `--bind-address=${HOST}`, ...user]
  args.push(`--socket=${join(data, 'socket')}`, `--init-file=${init}`)
  for (const [option, file] of Object.entries(tls ?? {})) {
    const copy = join(folder, option)
    copyFileSync(file, copy)
    // its own user reads it
    chmodSync(copy, 0o644)
    args.push(`--ssl-${option}=${copy}`)
  }
  const child = spawn(MARIADB[0]!, args)
  await saidBy(child, 'ready for connections')
  return toDatabase(child, folder, `mysql://${USER}:${PASSWORD}@localhost:${port}/${NAME}`)
}

export async function startRedis(): Promise<Database> {
  const folder = makeFolder('redis')
  const port = await findPort()
  const child = spawn('redis-server', ['--port', String(port), '--bind', HOST, '--dir', folder, '--save', ''])
  await saidBy(child, 'eady to accept')
  return toDatabase(child, folder, `redis://${HOST}:${port}`)
}

function makeFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `nano-${name}-`))
  // another user writes into it
  chmodSync(folder, 0o777)
  return folder
}

/** Resolves when the server has said it, on either of its outputs. */
function saidBy(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    const hear = (part: unknown): void => {
      said += String(part)
      if (said.includes(text)) resolve()
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)))
  })
}

function toDatabase(child: ChildProcess, folder: string, url: string): Database {
  const exited = new Promise((resolve) => child.once('exit', resolve))
  return {
    url,
    async [Symbol.asyncDispose]() {
      // a shutdown, not a drain: runuser hands it on
      child.kill('SIGTERM')
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
