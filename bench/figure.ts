/** What the bench has found out: figures, how to sum them up, how to show them. */

import type { LoadMaker } from './load-makers.ts'

export interface Figure {
  readonly name: string
  /** Undefined: could not be had, and `note` says why. */
  readonly value: number | undefined
  readonly unit: 'requests/s' | 'B' | 'ms' | 'us' | 'MiB' | 'MB' | '%' | 'x' | ''
  readonly p50Ms?: number
  readonly p99Ms?: number
  readonly note?: string
  /** Where it stands in a plot: in this line, at so many of what the plot's axis says. */
  readonly at?: { readonly plot: string; readonly line: string; readonly x: number }
}

/** What all parts of the bench are given. */
export interface Bench {
  /** A component of the hello app. */
  readonly component: string
  /** For files that are gone afterwards. */
  readonly directory: string
  /** Of load, for each measure. */
  readonly seconds: number
  /** Less of everything, for a look. */
  readonly isQuick: boolean
  /** A directory: what runs of the bench found out. */
  readonly results: string
  /** Whatever depends on who makes the load is measured with each of these. */
  readonly loadMakers: readonly LoadMaker[]
  /** Keeps a figure. */
  add(figure: Figure): void
  /** Says what happens next. */
  tell(text: string): void
}

export const MIB = 1024 * 1024

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The value within which this share of all lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]!
}

/** One line of the table. */
export function toLine({ name, value, unit, p50Ms, p99Ms, note }: Figure): string {
  const latency =
    p50Ms === undefined ? '' : `p50 ${toShort(p50Ms)} ms, p99 ${toShort(p99Ms ?? Number.NaN)} ms`
  const shown = value === undefined ? 'n/a' : toShort(value)
  const rest = [latency, note ?? ''].filter((text) => text !== '').join('; ')
  return `  ${name.padEnd(52)}${shown.padStart(9)} ${unit.padEnd(11)}${rest}`.trimEnd()
}

export function toShort(value: number): string {
  if (Math.abs(value) >= 100) return value.toFixed(0)
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2)
}
