/**
 * Door: `npm run bench -- [--quick] [--seconds N] [part ...]`, N seconds of load for each measure. Runs the parts one after
 * the other, prints what it finds and writes it as JSON to bench/results/, after each of them. A part that fails is reported and
 * does not keep the others from running; the exit status then is 1. The last parts draw what was found: plots, and a table.
 */

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { assets } from './assets.ts'
import { coldStart } from './cold-start.ts'
import { cpu } from './cpu.ts'
import { density } from './density.ts'
import { deploy } from './deploy.ts'
import { dev } from './dev.ts'
import { toLine } from './figure.ts'
import type { Bench, Figure } from './figure.ts'
import { describeMachine } from './machine.ts'
import { goodput } from './goodput.ts'
import { findLoadMakers } from './load-makers.ts'
import { memory } from './memory.ts'
import { micro } from './micro.ts'
import { buildExample } from './nano.ts'
import { plots } from './plots.ts'
import { real } from './real.ts'
import { writeRun } from './results.ts'
import type { Part } from './results.ts'
import { rps } from './rps.ts'
import { scale } from './scale.ts'
import { starts } from './starts.ts'
import { table } from './table.ts'
import { touched } from './touched.ts'
import { turn } from './turn.ts'

const PARTS: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  rps,
  cpu,
  real,
  'cold-start': coldStart,
  memory,
  starts,
  density,
  deploy,
  dev,
  turn,
  touched,
  micro,
  goodput,
  assets,
  scale,
  plots,
  table,
}
const RESULTS = fileURLToPath(new URL('results/', import.meta.url))

const { values, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, seconds: { type: 'string' } },
})
const { quick } = values
const seconds = Number(values.seconds ?? (quick ? 1 : 4))
const unknown = names.filter((name) => PARTS[name] === undefined)
if (unknown.length > 0) {
  process.stderr.write(`no such part: ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}\n`)
  process.exit(2)
}

const machine = describeMachine()
const directory = mkdtempSync(join(tmpdir(), 'nano-bench-'))
process.on('exit', () => rmSync(directory, { recursive: true, force: true }))

const component = join(directory, 'hello.wasm')
const loadMakers = findLoadMakers(directory)
const parts: Part[] = []
const { versions } = machine
process.stdout.write(
  `${machine.date}, ${machine.cpu}, ${machine.cores} cores, ${machine.system}, load ${machine.loadAverage.toFixed(1)}\n` +
    `${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}\nload: ${loadMakers.map(({ name }) => name).join(', ')}\n`,
)
mkdirSync(RESULTS, { recursive: true })
compile()
await buildExample('hello', component)
const write = (): string => writeRun(RESULTS, { ...machine, quick, seconds, parts })
const file = write()
for (const name of names.length > 0 ? names : Object.keys(PARTS)) {
  parts.push(await runPart(name))
  write()
}
process.stdout.write(`\nwritten to ${file}\n`)
// the WASI shim behind componentize-js keeps a thread that would keep the process
process.exit(parts.some((part) => part.failure !== undefined) ? 1 : 0)

/** The server under test. */
function compile(): void {
  const compiler = join(dirname(fileURLToPath(import.meta.resolve('typescript/package.json'))), 'bin/tsc')
  execFileSync(process.execPath, [compiler, '-p', fileURLToPath(new URL('tsconfig.json', import.meta.url))])
}

async function runPart(name: string): Promise<Part> {
  const figures: Figure[] = []
  const startedAt = performance.now()
  const bench: Bench = {
    component,
    directory,
    seconds,
    isQuick: quick,
    loadMakers,
    results: RESULTS,
    add(figure) {
      figures.push(figure)
      show(toLine(figure))
    },
    tell: (text) =>
      void process.stderr.write(process.stderr.isTTY ? `\r\u001B[K${text} ...` : `${text} ...\n`),
  }
  let failure: string | undefined
  show(`\n${name}`)
  try {
    await PARTS[name]!(bench)
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error)
  }
  if (failure !== undefined) show(`  FAILED: ${failure}`)
  const took = Math.round((performance.now() - startedAt) / 1000)
  show(`  (${took} s)`)
  return { name, seconds: took, figures, ...(failure === undefined ? {} : { failure }) }
}

/** At once, for a run takes long and may be cut. */
function show(line: string): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001B[K')
  process.stdout.write(`${line}\n`)
}
