/**
 * Holds ARCHITECTURE.md and the code together: the rooms of the table are the folders of host/, every import between
 * rooms goes to a lower rank, the walk passes files that there are, and each decision has its record.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'

import { test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const DOORS = new Set(['host/main.ts', 'host/shard.ts', 'host/server.ts', 'host/bin.js'])
/** Files of host/ itself that every room may import. */
const COMMON = new Set(['host/errors.ts'])

interface Import {
  from: string
  to: string
  dynamic: boolean
}

const architecture = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8')

function readRooms(): Map<string, number> {
  const rows = architecture.matchAll(/^\| `(host\/[a-z-]+)` +\| +(\d+) +\| +\S.*\|$/gm)
  return new Map(Array.from(rows, ([, room, rank]) => [room!, Number(rank)]))
}

function listSources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|js)$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .filter((file) => !file.includes('node_modules/'))
}

/** Imports that are gone when a file runs. */
const TYPES_ONLY = /^import type [^']*'[^']+'/gm

/** Every static, type-only and dynamic import of a file; relative ones as paths from the top of the repository. */
function readImports(file: string, except?: RegExp): Import[] {
  const source = readFileSync(join(ROOT, file), 'utf8').replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, '')
  const text = except === undefined ? source : source.replaceAll(except, '')
  const imports: Import[] = []
  for (const match of text.matchAll(/(?:\bfrom\s*|^import\s*)'([^']+)'|\bimport\(\s*'([^']+)'/gm)) {
    const name = match[1] ?? match[2]!
    const to = name.startsWith('.')
      ? relative(ROOT, resolve(ROOT, dirname(file), name)).replaceAll(sep, '/')
      : name
    imports.push({ from: file, to, dynamic: match[1] === undefined })
  }
  return imports
}

function toRoom(file: string): string | undefined {
  return /^(host\/[^/]+)\//.exec(file)?.[1]
}

const rooms = readRooms()
const hostImports = listSources('host').flatMap((file) => readImports(file))

test('the table of rooms and the folders of host/ are the same', ({ expect }) => {
  const folders = readdirSync(join(ROOT, 'host'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `host/${entry.name}`)
  expect([...rooms.keys()].sort()).toEqual(folders.sort())
})

test('every import between rooms goes to a lower rank', ({ expect }) => {
  const wrong = hostImports.filter(({ from, to }) => {
    const source = toRoom(from)
    const target = toRoom(to)
    if (source === undefined || source === target || !to.startsWith('host/')) return false
    if (target === undefined) return !COMMON.has(to)
    return rooms.get(source)! <= rooms.get(target)!
  })
  expect(wrong).toEqual([])
})

test('only doors stand beside the rooms, and no room imports a door', ({ expect }) => {
  const beside = listSources('host').filter((file) => toRoom(file) === undefined)
  expect(beside.filter((file) => !DOORS.has(file) && !COMMON.has(file))).toEqual([])
  expect(hostImports.filter(({ from, to }) => toRoom(from) !== undefined && DOORS.has(to))).toEqual([])
})

test('the build room is loaded on demand', ({ expect }) => {
  const eager = hostImports.filter(
    ({ from, to, dynamic }) => toRoom(to) === 'host/build' && toRoom(from) !== 'host/build' && !dynamic,
  )
  expect(eager).toEqual([])
})

test('a shard loads nothing that reads configurations and command lines', ({ expect }) => {
  const loaded = new Set(['host/shard.ts'])
  // a set that grows is walked to its end
  for (const file of loaded) {
    if (file.startsWith('host/')) for (const { to } of readImports(file, TYPES_ONLY)) loaded.add(to)
  }
  expect(loaded).toContain('host/config/limits.ts')
  for (const name of ['zod', 'jsonc-parser', 'commander', 'host/cli/run.ts', 'host/config/parse.ts']) {
    expect(loaded).not.toContain(name)
  }
})

test('a host without a fleet loads nothing of NATS', ({ expect }) => {
  const loaded = new Set(['host/server.ts'])
  // a set that grows is walked to its end
  for (const file of loaded) {
    if (!file.startsWith('host/')) continue
    for (const { to, dynamic } of readImports(file, TYPES_ONLY)) if (!dynamic) loaded.add(to)
  }
  expect(loaded).toContain('host/fleet/open.ts')
  expect([...loaded].filter((name) => name.startsWith('@nats-io/'))).toEqual([])
})

test('the guest shim knows neither the host nor Node', ({ expect }) => {
  const wrong = listSources('guest-shim')
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) => readImports(file))
    .filter(({ to }) => to.startsWith('host/') || to.startsWith('node:'))
  expect(wrong).toEqual([])
})

test('only the guest halves of interfaces import them; others know their types', ({ expect }) => {
  const wrong = listSources('guest-shim')
    .filter((file) => !file.startsWith('guest-shim/bindings/'))
    .filter((file) => /^import (?!type\b)[^']*'nano:/m.test(readFileSync(join(ROOT, file), 'utf8')))
  expect(wrong).toEqual([])
})

test('each imported file exists under the spelling that is used', ({ expect }) => {
  const files = new Set([...listSources('host'), ...listSources('guest-shim')])
  const lost = hostImports.filter(
    ({ to }) => /^(host|guest-shim)\/.*\.(ts|js)$/.test(to) && !to.endsWith('.d.ts') && !files.has(to),
  )
  expect(lost).toEqual([])
})

test('SECURITY.md names tests that there are', ({ expect }) => {
  const text = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8')
  const rows = Array.from(text.matchAll(/^\| .+ \| `([^`]+\.test\.ts)` (.+?) +\|$/gm))
  expect(rows.length).toBeGreaterThan(50)
  const lost = rows.filter(([, file, title]) => !readFileSync(join(ROOT, file!), 'utf8').includes(title!))
  expect(lost.map(([row]) => row)).toEqual([])
})

test("the newcomer's walk passes files that there are, and none twice", ({ expect }) => {
  const [, walk = ''] = /^## A newcomer's walk\n(.*?)^## /ms.exec(architecture) ?? []
  const files = Array.from(walk.matchAll(/^\d+\. `([^`]+)`: \S/gm), ([, file]) => file!)
  expect(files.length).toBeGreaterThan(30)
  expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
  expect(files.filter((file, i) => files.indexOf(file) !== i)).toEqual([])
})

const records = readdirSync(join(ROOT, 'docs/decisions')).map((name) => `docs/decisions/${name}`)

test('each record of a decision is linked by its title, and each link leads to one', ({ expect }) => {
  const titles = records.map((path) => /^# (.+)\n/.exec(readFileSync(join(ROOT, path), 'utf8'))?.[1])
  const links = Array.from(architecture.matchAll(/^- \[(.+)\]\((docs\/decisions\/.+)\)$/gm))
  const linked = links.map(([, title, path]) => `${path}: ${title}`)
  expect(linked.sort()).toEqual(records.map((path, i) => `${path}: ${titles[i]}`).sort())
})

test.for(records)('%s has a date and a command that there is', (path, { expect }) => {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const [, measured = ''] = /^- Date: 20\d\d-\d\d-\d\d\n- Measured: (.+)$/m.exec(text) ?? []
  const commands = Array.from(measured.matchAll(/`(npm run bench|npx vitest run) ([^`]+)`/g))
  expect(commands.length).toBeGreaterThan(0)
  const main = readFileSync(join(ROOT, 'bench/main.ts'), 'utf8')
  const lost = commands.filter(([, tool, args = '']) =>
    tool === 'npm run bench'
      ? !args.split(' ').every((part) => main.includes(`'./${part}.ts'`))
      : !existsSync(join(ROOT, args)),
  )
  expect(lost.map(([command]) => command)).toEqual([])
})
