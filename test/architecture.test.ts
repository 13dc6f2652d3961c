/**
 * Holds ARCHITECTURE.md and the code together: the rooms of the table are the folders of host/, and every import
 * between rooms goes to a lower rank.
 */

import { readdirSync, readFileSync } from 'node:fs'
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

function readRooms(): Map<string, number> {
  const text = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8')
  const rows = text.matchAll(/^\| `(host\/[a-z-]+)` +\| +(\d+) +\| +\S.*\|$/gm)
  return new Map(Array.from(rows, ([, room, rank]) => [room!, Number(rank)]))
}

function listSources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|js)$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .filter((file) => !file.includes('node_modules/'))
}

/** Every static, type-only and dynamic import of a file; relative ones as paths from the top of the repository. */
function readImports(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8').replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, '')
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
const hostImports = listSources('host').flatMap(readImports)

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
  expect(eager.filter(({ from }) => from !== 'host/main.ts')).toEqual([])
})

test('the guest shim knows neither the host nor Node', ({ expect }) => {
  const wrong = listSources('guest-shim')
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap(readImports)
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
