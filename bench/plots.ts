/** Draws what this run of the bench and those before it have found out: of each figure of a plot, the latest. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { toSvg } from './chart.ts'
import type { Chart } from './chart.ts'
import type { Bench } from './figure.ts'
import { readRuns } from './results.ts'

const FOLDER = fileURLToPath(new URL('../docs/operators/plots/', import.meta.url))

/** By the name in `Figure.at`, which is their file's. */
const PLOTS: Readonly<Record<string, Omit<Chart, 'lines'>>> = {
  processor: { title: 'Processor time of a request, live apps in turn', unit: 'us', axis: 'apps' },
  memory: { title: 'Memory', unit: 'MiB', axis: 'apps' },
  start: { title: 'Start of the process to listening', unit: 'ms', axis: 'apps' },
  'cold-start': { title: 'First response of an app', unit: 'ms', axis: 'apps' },
  'scale-firsts': { title: 'Requests that begin an instance', unit: '%', axis: 'hosts' },
  'scale-rolling': { title: 'The same in a rolling deploy', unit: '%', axis: 'hosts' },
  'scale-busiest': { title: 'Busiest host to the mean', unit: 'x', axis: 'hosts' },
}

export async function plots(bench: Bench): Promise<void> {
  // a look does not change the documentation
  const folder = bench.isQuick ? join(bench.results, 'plots') : FOLDER
  mkdirSync(folder, { recursive: true })
  const figures = readRuns(bench.results, bench.isQuick).flatMap(({ parts }) =>
    parts.flatMap((part) => part.figures),
  )
  for (const [name, chart] of Object.entries(PLOTS)) {
    const lines = new Map<string, Map<number, number>>()
    for (const { at, value } of figures) {
      // the axes are logarithmic
      if (at?.plot !== name || value === undefined || value <= 0) continue
      lines.set(at.line, (lines.get(at.line) ?? new Map<number, number>()).set(at.x, value))
    }
    if (lines.size === 0) {
      bench.tell(`nothing was measured for the plot ${name}`)
      continue
    }
    const drawn = Array.from(lines, ([line, points]) => ({ name: line, points: [...points] }))
    writeFileSync(join(folder, `${name}.svg`), toSvg({ ...chart, lines: drawn }))
  }
}
