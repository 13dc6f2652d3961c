/**
 * What each file of tests came to at the last `--update`, on each host. A file has as many subtests as any host has
 * found in it, so one that dies early loses all that it did not come to.
 */

import { readFileSync, writeFileSync } from 'node:fs'

/** Of one file: its subtests, and how many of them passed, by host. */
export interface Entry {
  total: number
  nano?: number
  workerd?: number
  node?: number
}

export type HostName = 'nano' | 'workerd' | 'node'

/** By the name of the file and its variant. */
export type Baseline = Record<string, Entry>

const FILE = new URL('baseline.json', import.meta.url)

export function readBaseline(): Baseline {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8')) as Baseline
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}

/** One line for each file, so that a change shows where it is. */
export function writeBaseline(baseline: Baseline): void {
  const lines = Object.keys(baseline)
    .sort()
    .map((id) => `${JSON.stringify(id)}: ${JSON.stringify(baseline[id])}`)
  writeFileSync(FILE, `{\n${lines.join(',\n')}\n}\n`)
}

/** The outcome of a file, put into the baseline. */
export function enter(baseline: Baseline, id: string, host: HostName, ran: number, passed: number): void {
  const entry = (baseline[id] ??= { total: 0 })
  entry.total = Math.max(entry.total, ran)
  entry[host] = passed
}
