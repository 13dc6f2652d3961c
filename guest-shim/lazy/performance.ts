/** The clock, marks and measures: High Resolution Time 3, Performance Timeline 3, User Timing 3. */

import { EventTarget } from '../globals/event-target.ts'
import { NativeDOMException, NativeTypeError } from '../globals/primordials.ts'
import { refuse } from '../globals/structured-clone.ts'
import { finishInterface, isObject, requireArguments, toText } from '../globals/web-idl.ts'
import { timeOrigin } from '../turn/clock.ts'
import { phase } from '../turn/phase.ts'
import {
  KEY,
  PerformanceEntry,
  PerformanceMark,
  PerformanceMeasure,
  timeNow,
  toTime,
} from './performance-entries.ts'
import {
  enter,
  entries,
  findMark,
  forget,
  PerformanceObserver,
  PerformanceObserverEntryList,
  select,
} from './performance-timeline.ts'

/** Attributes of PerformanceTiming, which only pages have. */
const PAGE_TIMES = new Set(
  'navigationStart unloadEventStart unloadEventEnd redirectStart redirectEnd fetchStart domainLookupStart domainLookupEnd connectStart connectEnd secureConnectionStart requestStart responseStart responseEnd domLoading domInteractive domContentLoadedEventStart domContentLoadedEventEnd domComplete loadEventStart loadEventEnd'.split(
    ' ',
  ),
)

let making = false

export class Performance extends EventTarget {
  /** A receiver that is none has no such field. */
  readonly #isOne = true

  constructor() {
    if (!making) throw new NativeTypeError('Illegal constructor')
    super()
  }

  get timeOrigin(): number {
    return this.#isOne && phase.isLive ? timeOrigin() : 0
  }

  now(): number {
    void this.#isOne
    return timeNow()
  }

  toJSON(): Record<string, unknown> {
    void this.#isOne
    return { timeOrigin: this.timeOrigin }
  }

  mark(markName: unknown, markOptions: unknown = undefined): PerformanceMark {
    void this.#isOne
    requireArguments(arguments.length, 1, 'mark')
    const mark = new PerformanceMark(markName, markOptions)
    enter(mark)
    return mark
  }

  measure(
    measureName: unknown,
    startOrOptions: unknown = undefined,
    endMark: unknown = undefined,
  ): PerformanceMeasure {
    void this.#isOne
    requireArguments(arguments.length, 1, 'measure')
    const name = toText(measureName)
    const options = isObject(startOrOptions) ? (startOrOptions as Record<string, unknown>) : undefined
    const { start, end, duration, detail } = options ?? {
      start: startOrOptions ?? undefined,
    }
    if (options !== undefined && [start, end, duration, detail].some((member) => member !== undefined)) {
      if (endMark !== undefined) throw new NativeTypeError('measure: expected either options or an end mark')
      if (start === undefined && end === undefined)
        throw new NativeTypeError('measure: expected a start or an end')
      if (start !== undefined && end !== undefined && duration !== undefined) {
        throw new NativeTypeError('measure: expected two of start, end and duration')
      }
    }
    const lasted = duration === undefined ? undefined : toTime(duration, 'measure')
    const endTime = toEnd(end ?? endMark, start, lasted)
    const startTime = toStart(start, end, lasted)
    const measure = new PerformanceMeasure(KEY, name, startTime, endTime - startTime, detail)
    enter(measure)
    return measure
  }

  clearMarks(markName: unknown = undefined): void {
    void this.#isOne
    forget('mark', markName === undefined ? undefined : toText(markName))
  }

  clearMeasures(measureName: unknown = undefined): void {
    void this.#isOne
    forget('measure', measureName === undefined ? undefined : toText(measureName))
  }

  getEntries(): PerformanceEntry[] {
    void this.#isOne
    return select(entries(), undefined, undefined)
  }

  getEntriesByType(type: unknown): PerformanceEntry[] {
    void this.#isOne
    requireArguments(arguments.length, 1, 'getEntriesByType')
    return select(entries(), undefined, toText(type))
  }

  getEntriesByName(name: unknown, type: unknown = undefined): PerformanceEntry[] {
    void this.#isOne
    requireArguments(arguments.length, 1, 'getEntriesByName')
    return select(entries(), toText(name), type === undefined ? undefined : toText(type))
  }
}

function toEnd(end: unknown, start: unknown, duration: number | undefined): number {
  if (end !== undefined) return toPoint(end)
  return start !== undefined && duration !== undefined ? toPoint(start) + duration : timeNow()
}

function toStart(start: unknown, end: unknown, duration: number | undefined): number {
  if (start !== undefined) return toPoint(start)
  return end !== undefined && duration !== undefined ? toPoint(end) - duration : 0
}

/** A time, or the latest mark of a name. */
function toPoint(point: unknown): number {
  if (typeof point === 'number') {
    const time = toTime(point, 'measure')
    if (time >= 0) return time
    throw new NativeTypeError(`measure: expected a time from 0 on, got ${time}`)
  }
  const name = toText(point)
  if (PAGE_TIMES.has(name)) throw new NativeTypeError(`measure: ${name} is a time of pages alone`)
  const mark = findMark(name)
  if (mark !== undefined) return mark.startTime
  throw new NativeDOMException(`measure: there is no mark "${name}"`, 'SyntaxError')
}

const INTERFACES = {
  Performance,
  PerformanceEntry,
  PerformanceMark,
  PerformanceMeasure,
  PerformanceObserver,
  PerformanceObserverEntryList,
}
for (const [name, given] of Object.entries(INTERFACES)) finishInterface(given, name)
refuse(Object.values(INTERFACES))

function makeOne(): Performance {
  making = true
  try {
    return new Performance()
  } finally {
    making = false
  }
}

export const performance = makeOne()
export {
  PerformanceEntry,
  PerformanceMark,
  PerformanceMeasure,
  PerformanceObserver,
  PerformanceObserverEntryList,
}
