/** `nano-workers dev`: from a save to what it changes, as somebody at the keyboard sees it. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { cachedBuild } from '../host/build/build.ts'
import { median } from './figure.ts'
import type { Bench } from './figure.ts'
import { findPort, startProcess } from './server-process.ts'

const MAIN = fileURLToPath(new URL('../host/main.ts', import.meta.url))
const SAVES = 20
const POLL_MS = 10
const PATIENCE_MS = 30_000

export async function dev(bench: Bench): Promise<void> {
  const folder = join(bench.directory, 'dev')
  mkdirSync(folder)
  const word = join(folder, 'word.ts')
  const entry = join(folder, 'index.ts')
  // each run of the bench has sources of its own: none of them was built before
  const run = Date.now()
  const save = (text: string): void => writeFileSync(word, `export const word: string = ${text}\n`)
  save(`'${run}'`)
  writeFileSync(join(folder, 'package.json'), '{}')
  writeFileSync(
    entry,
    "import { word } from './word.ts'\nexport default { fetch: () => new Response(word) }\n",
  )
  await measureSaves(bench, entry, save, run)
  const steps: number[] = []
  for (let i = 0; i < 3; i++) {
    save(`'${run}-build-${i}'`)
    steps.push((await cachedBuild({ entry }, join(folder, 'cache'))).durationMs)
  }
  bench.add({ name: 'a build in a process that is warm', value: Math.min(...steps), unit: 'ms' })
}

async function measureSaves(
  bench: Bench,
  entry: string,
  save: (text: string) => void,
  run: number,
): Promise<void> {
  bench.tell('starting dev')
  const port = await findPort()
  await using server = await startProcess({
    command: process.execPath,
    args: [MAIN, 'dev', entry, '--port', String(port)],
    port,
    hosts: ['localhost'],
  })
  bench.add({ name: 'first answer, nothing built before', value: server.readyMs, unit: 'ms' })
  const until = async (isThere: (text: string) => boolean): Promise<number> => {
    const startedAt = performance.now()
    while (performance.now() - startedAt < PATIENCE_MS) {
      const answer = await fetch(`http://127.0.0.1:${port}/`)
      if (isThere(await answer.text())) return performance.now() - startedAt
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
    throw new Error('what was saved is not served')
  }
  const served: number[] = []
  const failed: number[] = []
  for (let i = 0; i < SAVES; i++) {
    bench.tell(`save ${i + 1} of ${SAVES}`)
    save(`'${run}-${i}'`)
    served.push(await until((text) => text === `${run}-${i}`))
    save(`'`)
    failed.push(await until((text) => text.includes('BUILD_FAILED')))
  }
  bench.add({
    name: 'from save to served change, median',
    value: median(served),
    unit: 'ms',
    note: `most ${Math.round(Math.max(...served))} ms`,
  })
  bench.add({
    name: 'from save to error with its place, median',
    value: median(failed),
    unit: 'ms',
    note: `most ${Math.round(Math.max(...failed))} ms`,
  })
}
