/**
 * Writes what is made from `wit/*.wit`, which people write. All of it is committed, so that nobody needs the generator to
 * read or check code.
 *
 *     wit/*.wit > wit/worlds/<version>.wit   the world of this version as one text; older versions' texts stay
 *     each text > wit/worlds/<version>.ts    what lowers and lifts for it          wit/worlds.ts    all of them
 *     present   > wit/types/                 types of the host's and the guest's halves
 *               > host/bindings/registry.ts, guest-shim/bindings/registry.ts       who takes part
 *
 *     node wit/generate.ts            write them
 *     node wit/generate.ts --check    exit with 1 if they are not what would be written
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { types } from '@bytecodealliance/jco'
import * as filesystem from '@bytecodealliance/preview2-shim/filesystem'
import { composeWorld, findEventOwners } from './generator/compose.ts'
import { emitGuestRegistry, emitHostRegistry, emitTable, emitTables } from './generator/emit-world.ts'
import { parseWit, type Document } from './generator/parse.ts'
import { boundLists, resolveWorld } from './generator/resolve.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const WORLDS = 'wit/worlds'
const TYPES = 'wit/types'
const WIT = '.wit'

/** Bounds of lists by the names of parameters, of worlds whose lists have no names. */
const UNNAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '0.1.0': { text: 'text', error: 'text', head: 'head', headers: 'head' },
}

/** Every text that is made, by its path in the repository. */
export async function generate(): Promise<Map<string, string>> {
  const text = composeWorld(readWitFiles('wit'))
  const present = parseWit(text, `${WORLDS}/present`)
  const { version } = present
  const texts = new Map(readWitFiles(WORLDS).map((file) => [file.name.slice(0, -WIT.length), file.text]))
  texts.delete(version!)
  texts.set(version!, text)
  const files = new Map<string, string>([[`${WORLDS}/${version}${WIT}`, text]])
  for (const [each, wit] of texts) {
    const world = resolveWorld(parseWit(wit, `${WORLDS}/${each}${WIT}`))
    files.set(`${WORLDS}/${each}.ts`, emitTable(boundLists(world, UNNAMED[each] ?? {})))
  }
  files.set('wit/worlds.ts', emitTables([...texts.keys()]))
  addRegistries(present, files)
  await addTypes(text, version!, files)
  return files
}

/** Paths of what differs from what would be written, is missing or is too many. */
export async function findStale(): Promise<string[]> {
  const wanted = await generate()
  const paths = new Set([...wanted.keys(), ...listPresent()])
  return [...paths].filter((path) => wanted.get(path) !== readIfThere(path))
}

function addRegistries(present: Document, files: Map<string, string>): void {
  const world = resolveWorld(present)
  files.set('host/bindings/registry.ts', emitHostRegistry(world, findEventOwners(present)))
  files.set('guest-shim/bindings/registry.ts', emitGuestRegistry(world))
}

/** The guest's modules are declared without a version; the build adds it. */
async function addTypes(text: string, version: string, files: Map<string, string>): Promise<void> {
  openFileSystem()
  const [{ name } = { name: '' }] = parseWit(text, version).worlds
  for (const side of ['guest', 'host']) {
    // oxlint-disable-next-line no-await-in-loop -- one generator, which keeps its state between calls
    const generated = await types(join(ROOT, WORLDS, `${version}${WIT}`), {
      worldName: name,
      name,
      guest: side === 'guest',
    })
    for (const [path, bytes] of Object.entries(generated)) {
      const declared = new TextDecoder().decode(bytes)
      files.set(
        `${TYPES}/${side}/${path}`,
        side === 'guest' ? declared.replaceAll(`@${version}`, '') : declared,
      )
    }
  }
}

function readWitFiles(folder: string) {
  const names = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith(WIT))
  return names
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => ({ name, text: readFileSync(join(ROOT, folder, name), 'utf8') }))
}

/** What lies where only the generator writes. */
function listPresent(): string[] {
  return [TYPES, WORLDS].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith(WIT))
      .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length).replaceAll('\\', '/')),
  )
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(join(ROOT, path), 'utf8')
  } catch {
    return undefined
  }
}

/** The generator is a component and sees no file unless it is told to. The shim's types leave this function out. */
function openFileSystem(): void {
  const setPreopens: unknown = Reflect.get(filesystem, '_setPreopens')
  if (typeof setPreopens === 'function') setPreopens({ '/': '/' })
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(ROOT, path)), { recursive: true })
  writeFileSync(join(ROOT, path), text)
}

async function main(): Promise<void> {
  if (process.argv.includes('--check')) {
    const stale = await findStale()
    if (stale.length === 0) return
    console.error(`not what wit/ says: ${stale.join(', ')}\nRun: node wit/generate.ts`)
    process.exitCode = 1
    return
  }
  // the types are made of the file, not of its text
  const text = composeWorld(readWitFiles('wit'))
  write(`${WORLDS}/${parseWit(text, '').version}${WIT}`, text)
  const files = await generate()
  for (const path of listPresent()) if (!files.has(path)) rmSync(join(ROOT, path))
  for (const [path, content] of files) write(path, content)
}

if (import.meta.main) await main()
