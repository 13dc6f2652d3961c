/** `nano-workers d1`: on the files of the machine, and through a server. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { TOKEN } from '../harness/admin.ts'
import { fixture, ROOT, serve } from '../harness/serve.ts'
import type { Served } from '../harness/serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-d1-cli-'))
const migrations = join(folder, 'migrations')
const database = { binding: 'DB', database_name: 'book', database_id: 'b' }
const app = { name: 'one', path: fixture('d1'), d1_databases: [database] }
let server: Served

beforeAll(async () => {
  mkdirSync(migrations)
  writeFileSync(join(folder, 'nano.json'), JSON.stringify({ apps: [app] }))
  server = await serve([app], 1, {
    admin: { port: 0 },
    adminToken: TOKEN,
    storageDirectory: join(folder, '.nano', 'data'),
  })
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

function d1(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, NANO_ADMIN_URL: server.adminUrl!, NANO_ADMIN_TOKEN: TOKEN }
    const child = spawn(process.execPath, [join(ROOT, 'host/main.ts'), 'd1', ...args], { cwd: folder, env })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (part) => (stdout += String(part)))
    child.stderr.on('data', (part) => (stderr += String(part)))
    child.once('close', (status) => resolve({ status, stdout, stderr }))
  })
}

async function count(): Promise<unknown> {
  const steps = [{ sql: 'SELECT count(*) AS n FROM entries', method: 'first', args: ['n'] }]
  const { text } = await server.send('one', '/', { method: 'POST', body: JSON.stringify(steps) })
  return (JSON.parse(text) as unknown[])[0]
}

describe('d1', () => {
  test('applies migrations once each, in order, whole or not at all', async ({ expect }) => {
    expect((await d1('migrations', 'create', 'book', 'make it')).stdout).toContain('0001_make_it.sql')
    expect(readdirSync(migrations)).toEqual(['0001_make_it.sql'])
    writeFileSync(
      join(migrations, '0001_make_it.sql'),
      "CREATE TABLE entries (id INTEGER PRIMARY KEY, text TEXT);\n-- the first\nINSERT INTO entries (text) VALUES ('a;b');",
    )
    writeFileSync(
      join(migrations, '0010_then.sql'),
      `CREATE TRIGGER t AFTER DELETE ON entries BEGIN INSERT INTO entries (text) VALUES ('x'); END;
       ALTER TABLE entries ADD COLUMN at;`,
    )
    expect((await d1('migrations', 'list', 'book')).stdout).toBe('0001_make_it.sql\n0010_then.sql\n')
    expect((await d1('migrations', 'apply', 'DB')).stdout).toBe(
      'applied 0001_make_it.sql\napplied 0010_then.sql\n',
    )
    expect(await count()).toBe(1)
    writeFileSync(join(migrations, '0011_bad.sql'), "INSERT INTO entries (text) VALUES ('c'); selec 1;")
    const failed = await d1('migrations', 'apply', 'book', '--remote')
    expect(failed.status).toBe(1)
    expect(failed.stderr).toMatch(/0011_bad\.sql: .*near "selec": syntax error.*; nothing of it was applied/)
    expect(await count()).toBe(1)
    writeFileSync(join(migrations, '0011_bad.sql'), "INSERT INTO entries (text) VALUES ('c');")
    expect((await d1('migrations', 'apply', 'book', '--remote')).stdout).toBe('applied 0011_bad.sql\n')
    expect((await d1('migrations', 'apply', 'book')).stdout).toBe('nothing to apply\n')
    expect(await count()).toBe(2)
  })

  test('runs statements here and there', async ({ expect }) => {
    const file = join(folder, 'more.sql')
    writeFileSync(file, "CREATE TABLE more (x); INSERT INTO more VALUES ('y'), (NULL);")
    expect(await d1('execute', 'book', '--file', file, '--remote')).toMatchObject({ status: 0, stdout: '' })
    const select = ['execute', 'book', '--command', 'SELECT x, 1 AS n FROM more'] as const
    expect((await d1(...select)).stdout).toBe('x     n\ny     1\nnull  1\n')
    expect((await d1(...select, '--remote')).stdout).toBe('x     n\ny     1\nnull  1\n')
    const { stdout } = await d1(...select, '--json')
    expect(JSON.parse(stdout)).toMatchObject([
      {
        success: true,
        results: [
          { x: 'y', n: 1 },
          { x: null, n: 1 },
        ],
      },
    ])
    expect(readFileSync(file, 'utf8')).toContain('more')
  })

  test('says what is wrong', async ({ expect }) => {
    const wrong = async (...args: string[]) => {
      const { status, stderr } = await d1(...args)
      return `${status} ${stderr}`
    }
    expect(await wrong('execute', 'other', '--command', 'SELECT 1')).toMatch(
      /^2 .*book \(one\); got "other"/s,
    )
    expect(await wrong('execute', 'book')).toMatch(/^2 .*--command or --file/s)
    expect(await wrong('execute', 'book', '--command', 'SELECT * FROM nowhere')).toMatch(
      /^1 .*no such table/s,
    )
    expect(await wrong('execute', 'book', '--command', "ATTACH 'x' AS y", '--remote')).toMatch(
      /^1 .*not authorized/s,
    )
  })
})
