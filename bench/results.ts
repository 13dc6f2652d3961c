/** What runs of the bench have found out, a file for each. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Figure } from './figure.ts'
import type { Machine } from './machine.ts'

export interface Part {
  readonly name: string
  /** How long it took. */
  readonly seconds: number
  readonly figures: readonly Figure[]
  readonly failure?: string
}

export interface Run extends Machine {
  readonly quick: boolean
  /** Of load, for each measure. */
  readonly seconds: number
  readonly parts: readonly Part[]
}

/** Gives the file, which is the same each time that a run is written. */
export function writeRun(results: string, run: Run): string {
  const file = join(results, `${run.date.replaceAll(':', '-').slice(0, 19)}.json`)
  writeFileSync(file, `${JSON.stringify(run, undefined, 2)}\n`)
  return file
}

/**
 * The latest of all runs that are quick or not, as said, and those before it on the same machine: they can stand beside it. The
 * earliest first.
 */
export function readRuns(results: string, isQuick: boolean): Run[] {
  const runs = readdirSync(results)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(results, name), 'utf8')) as Run)
    .filter(({ quick }) => quick === isQuick)
  const latest = runs.at(-1)
  return runs.filter(({ cpu, cores }) => cpu === latest?.cpu && cores === latest.cores)
}
