/** Draws what earlier runs of the bench have found out: of each figure of a plot, the latest. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { toSvg } from './chart.ts'
import type { Bench, Figure } from './figure.ts'

const FOLDER = fileURLToPath(new URL('../docs/operators/plots/', import.meta.url))

/** By the name in `Figure.at`, which is their file's. */
const PLOTS: Readonly<Record<string, { readonly title: string; readonly unit: string }>> = {
  processor: { title: 'Processor time of a request, live apps in turn', unit: 'us' },
  memory: { title: 'Resident memory', unit: 'MiB' },
  start: { title: 'Start of the process to listening', unit: 'ms' },
  'cold-start': { title: 'First response of an app', unit: 'ms' },
}

export async function plots(bench: Bench): Promise<void> {
  mkdirSync(FOLDER, { recursive: true })
  const figures = readFigures(bench.results)
  for (const [name, { title, unit }] of Object.entries(PLOTS)) {
    const lines = new Map<string, Map<number, number>>()
    for (const { at, value } of figures) {
      if (at?.plot !== name || value === undefined) continue
      lines.set(at.line, (lines.get(at.line) ?? new Map<number, number>()).set(at.apps, value))
    }
    if (lines.size === 0) {
      bench.tell(`nothing was measured for the plot ${name}`)
      continue
    }
    const drawn = Array.from(lines, ([line, points]) => ({ name: line, points: [...points] }))
    writeFileSync(join(FOLDER, `${name}.svg`), toSvg({ title, unit, lines: drawn }))
  }
}

/** Of all runs, the earliest first. */
function readFigures(results: string): Figure[] {
  return readdirSync(results)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(results, name), 'utf8')) as Result)
    .flatMap(({ parts }) => parts.flatMap(({ figures }) => figures))
}

interface Result {
  readonly parts: readonly { readonly figures: readonly Figure[] }[]
}
