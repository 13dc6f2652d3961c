/**
 * Builds every app of the suite once, two at a time, before the first test: afterwards the content-addressed cache has them all, and
 * a test that serves one waits for nothing.
 */

import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'

import { example, fixture, serve } from './harness/serve.ts'

export async function setup(): Promise<void> {
  const fixtures = readdirSync(join(import.meta.dirname, 'fixtures')).filter((file) => file.endsWith('.ts'))
  const paths = [...fixtures.map((file) => fixture(basename(file, '.ts'))), ...exampleNames().map(example)]
  const build = async (some: readonly string[]): Promise<void> => {
    const server = await serve(some.map((path, i) => ({ name: `app-${i}`, path })))
    await server.close()
  }
  // the engine first, which is the same for all
  await build(paths.slice(0, 1))
  await Promise.all([0, 1].map((part) => build(paths.filter((_, i) => i % 2 === part))))
}

/** The directories of apps/. */
export function exampleNames(): string[] {
  const entries = readdirSync(join(import.meta.dirname, '../apps'), { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
}
