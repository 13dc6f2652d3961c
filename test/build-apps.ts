/**
 * Builds every app of the suite before the first test, two at a time, so that a test that serves one waits for nothing.
 * What was built lies in a folder of its own (`BUILT` in harness/serve.ts) until something that goes into it changes.
 */

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { cachedBuild } from '../host/build/build.ts'
import { BUILT, ROOT, serve } from './harness/serve.ts'

/** What a component is made of. */
const INPUTS = [
  'apps',
  'guest-modules',
  'guest-shim',
  'host/build',
  'host/component',
  'host/wasm',
  'test/fixtures',
  'wit',
  'package-lock.json',
  'engines.json',
]
const AT_ONCE = 2

export async function setup(): Promise<void> {
  const stamp = toStamp()
  const file = join(BUILT, 'stamp')
  if (existsSync(file) && readFileSync(file, 'utf8') === stamp) return
  mkdirSync(BUILT, { recursive: true })
  const fixtures = fixtureNames().map((name): [string, string] => [name, `test/fixtures/${name}.ts`])
  const examples = exampleNames().map((name): [string, string] => [`app-${name}`, `apps/${name}`])
  const left = [...fixtures, ...examples].values()
  const build = async (): Promise<void> => {
    for (const [name, path] of left) {
      // oxlint-disable-next-line no-await-in-loop -- the other one works beside it
      const { component, sourceMap } = await cachedBuild({ entry: join(ROOT, path) })
      writeFileSync(join(BUILT, `${name}.wasm`), component)
      writeFileSync(join(BUILT, `${name}.wasm.map`), sourceMap!)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, build))
  // the engine, which is the same for all
  const server = await serve([{ name: 'first', path: join(BUILT, 'memory.wasm') }])
  await server.close()
  writeFileSync(file, stamp)
}

/** The directories of apps/ with code in them. */
export function exampleNames(): string[] {
  const entries = readdirSync(join(ROOT, 'apps'), { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  return names.filter((name) =>
    ['index.ts', 'index.js'].some((file) => existsSync(join(ROOT, 'apps', name, file))),
  )
}

function fixtureNames(): string[] {
  const files = readdirSync(join(ROOT, 'test/fixtures')).filter((file) => file.endsWith('.ts'))
  return files.map((file) => file.slice(0, -'.ts'.length))
}

/** Other when a file was added, taken away or written. */
function toStamp(): string {
  const hash = createHash('sha256')
  for (const input of INPUTS) {
    const path = join(ROOT, input)
    const files = statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: 'utf8' })
      : ['']
    for (const name of files.sort()) {
      const { size, mtimeMs } = statSync(join(path, name))
      hash.update(`${input}/${name} ${size} ${mtimeMs}\n`)
    }
  }
  return hash.digest('hex')
}
