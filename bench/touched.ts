/** What a turn touches of the app's memory, and how much of the engine it runs: counts, the same on every machine. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Bench } from './figure.ts'
import { buildExample } from './nano.ts'
import { TracedGuest, type Touched } from './traced-guest.ts'

const APPS = [
  { app: 'hello', path: '/' },
  { app: 'rest-api', path: '/notes' },
] as const

export async function touched(bench: Bench): Promise<void> {
  for (const { app, path } of APPS) {
    bench.tell(`what a turn of ${app} touches`)
    const file = join(bench.directory, `touched-${app}.wasm`)
    await buildExample(app, file)
    using guest = await TracedGuest.open(await readFile(file), bench.directory)
    add(bench, `${app}, first turn of an instance`, await guest.trace(path))
    add(bench, `${app}, a turn as most are`, await guest.traceMost(path))
  }
}

function add(bench: Bench, name: string, { lines, written, pages, instructions, functions }: Touched): void {
  bench.add({
    name: `${name}: lines of 64 bytes`,
    value: lines,
    unit: '',
    note: `${written} written, on ${pages} pages; ${instructions} instructions, ${functions} functions`,
  })
}
