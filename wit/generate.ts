/**
 * Writes `wit/types/` from `wit/*.wit`: `host/` describes what an instance takes and gives, `guest/` declares the
 * modules that the shim imports. The files are committed, so that nobody needs the generator to read or check code.
 *
 *     node wit/generate.ts            write them
 *     node wit/generate.ts --check    exit with 1 if they are not what would be written
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { types } from '@bytecodealliance/jco'
import * as filesystem from '@bytecodealliance/preview2-shim/filesystem'
import { WORLD } from './text.ts'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))
const OUTPUT = join(FOLDER, 'types')

/** The text of every type file by its path below `wit/types/`. */
export async function generateTypes(): Promise<Map<string, string>> {
  openFileSystem()
  const files = new Map<string, string>()
  for (const side of ['guest', 'host']) {
    // oxlint-disable-next-line no-await-in-loop -- one generator, which keeps its state between calls
    const generated = await types(FOLDER, { worldName: WORLD, name: WORLD, guest: side === 'guest' })
    for (const [path, bytes] of Object.entries(generated)) {
      files.set(`${side}/${path}`, new TextDecoder().decode(bytes))
    }
  }
  return files
}

/** Paths below `wit/types/` that differ from what would be written, are missing or are too many. */
export async function findStaleTypes(): Promise<string[]> {
  const wanted = await generateTypes()
  const present = readPresent()
  const all = new Set([...wanted.keys(), ...present.keys()])
  return [...all].filter((path) => wanted.get(path) !== present.get(path))
}

function readPresent(): Map<string, string> {
  const present = new Map<string, string>()
  for (const entry of readdirSync(OUTPUT, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    present.set(path.slice(OUTPUT.length + 1).replaceAll('\\', '/'), readFileSync(path, 'utf8'))
  }
  return present
}

/** The generator is a component and sees no file unless it is told to. The shim's types leave this function out. */
function openFileSystem(): void {
  const setPreopens: unknown = Reflect.get(filesystem, '_setPreopens')
  if (typeof setPreopens === 'function') setPreopens({ '/': '/' })
}

async function writeTypes(): Promise<void> {
  const files = await generateTypes()
  rmSync(OUTPUT, { recursive: true, force: true })
  for (const [path, text] of files) {
    mkdirSync(dirname(join(OUTPUT, path)), { recursive: true })
    writeFileSync(join(OUTPUT, path), text)
  }
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    const stale = await findStaleTypes()
    if (stale.length > 0) {
      console.error(`wit/types is not what wit/ says: ${stale.join(', ')}\nRun: node wit/generate.ts`)
      process.exitCode = 1
    }
  } else {
    await writeTypes()
  }
}
