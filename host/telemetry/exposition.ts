/**
 * The series as Prometheus reads them (text format 0.0.4). Ten thousand apps are hundreds of thousands of lines: they are
 * written piece by piece, and between two of them the thread does what else there is to do.
 */

import { setImmediate } from 'node:timers/promises'

import { SERIES } from './series.ts'
import type { HistogramSample, Sample } from './series.ts'
import type { HostSnapshot } from './snapshot.ts'

/** Samples of a piece: about a millisecond. */
const PIECE_SAMPLES = 1000

const MS_PER_SECOND = 1000

export async function expose(snapshot: HostSnapshot): Promise<string> {
  const pieces: string[] = []
  let text = ''
  let count = 0
  for (const series of SERIES) {
    const { name, kind, help } = series
    text += `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`
    for (const sample of series.samples(snapshot)) {
      text += toLines(name, sample)
      if (++count % PIECE_SAMPLES !== 0) continue
      pieces.push(text)
      text = ''
      // oxlint-disable-next-line no-await-in-loop -- the thread is to have a pause
      await setImmediate()
    }
  }
  pieces.push(text)
  return pieces.join('')
}

function toLines(name: string, sample: Sample): string {
  const labels = sample.labels.map(([key, value]) => `${key}="${escape(value)}"`).join(',')
  if ('value' in sample) return `${name}${labels === '' ? '' : `{${labels}}`} ${sample.value}\n`
  return toHistogram(name, labels, sample)
}

function toHistogram(name: string, labels: string, { counts, boundsMs, sumMs }: HistogramSample): string {
  const own = labels === '' ? '' : `{${labels}}`
  const prefix = labels === '' ? '' : `${labels},`
  let text = ''
  let sum = 0
  for (let i = 0; i < counts.length; i++) {
    sum += counts[i]!
    const bound = i < boundsMs.length ? String(boundsMs[i]! / MS_PER_SECOND) : '+Inf'
    text += `${name}_bucket{${prefix}le="${bound}"} ${sum}\n`
  }
  return `${text}${name}_sum${own} ${sumMs / MS_PER_SECOND}\n${name}_count${own} ${sum}\n`
}

function escape(value: string): string {
  return value.replaceAll(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`))
}
