/** Performance Timeline 3 and User Timing 3: what an entry is. */

import { NativeTypeError } from '../globals/primordials.ts'
import { structuredClone } from '../globals/structured-clone.ts'
import { requireArguments, toMembers, toText } from '../globals/web-idl.ts'
import { now } from '../turn/clock.ts'
import { phase } from '../turn/phase.ts'

/** For constructors that are the platform's alone. */
export const KEY = Symbol('made by the platform')

export class PerformanceEntry {
  readonly #name: string
  readonly #entryType: string
  readonly #startTime: number
  readonly #duration: number

  constructor(...given: unknown[]) {
    const [key, name, entryType, startTime, duration] = given as [unknown, string, string, number, number]
    if (key !== KEY) throw new NativeTypeError('Illegal constructor')
    this.#name = name
    this.#entryType = entryType
    this.#startTime = startTime
    this.#duration = duration
  }

  get name(): string {
    return this.#name
  }

  get entryType(): string {
    return this.#entryType
  }

  get startTime(): number {
    return this.#startTime
  }

  get duration(): number {
    return this.#duration
  }

  toJSON(): Record<string, unknown> {
    return {
      name: this.#name,
      entryType: this.#entryType,
      startTime: this.#startTime,
      duration: this.#duration,
    }
  }
}

const toDetail = (detail: unknown): unknown =>
  detail === undefined || detail === null ? null : structuredClone(detail)

/** A double that is finite. */
export function toTime(value: unknown, what: string): number {
  // oxlint-disable-next-line no-implicit-coercion, typescript/no-unnecessary-type-conversion -- a BigInt or a symbol must throw
  const time = +(value as number)
  if (!Number.isFinite(time)) throw new NativeTypeError(`${what}: expected a finite number, got ${time}`)
  return time
}

/** The clock stands at 0 while the app is built. */
export const timeNow = (): number => (phase.isLive ? now() : 0)

export class PerformanceMark extends PerformanceEntry {
  readonly #detail: unknown

  constructor(markName: unknown, markOptions: unknown = undefined) {
    requireArguments(arguments.length, 1, 'PerformanceMark')
    const name = toText(markName)
    const { detail, startTime } = toMembers(
      markOptions as Record<string, unknown> | undefined,
      'PerformanceMark',
    )
    const start = startTime === undefined ? timeNow() : toTime(startTime, 'PerformanceMark')
    if (start < 0) throw new NativeTypeError(`PerformanceMark: expected a start from 0 on, got ${start}`)
    super(KEY, name, 'mark', start, 0)
    this.#detail = toDetail(detail)
  }

  get detail(): unknown {
    return this.#detail
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), detail: this.#detail }
  }
}

export class PerformanceMeasure extends PerformanceEntry {
  readonly #detail: unknown

  constructor(...given: unknown[]) {
    const [key, name, startTime, duration, detail] = given
    super(key, name, 'measure', startTime, duration)
    this.#detail = toDetail(detail)
  }

  get detail(): unknown {
    return this.#detail
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), detail: this.#detail }
  }
}
