/** The entries of an instance and those who are told of new ones. */

import { apply, NativeDOMException, NativeTypeError } from '../globals/primordials.ts'
import { reportException } from '../globals/report-error.ts'
import { setTimeout } from '../globals/timers.ts'
import { isObject, requireArguments, toMembers, toText } from '../globals/web-idl.ts'
import { phase } from '../turn/phase.ts'
import { KEY, type PerformanceEntry } from './performance-entries.ts'

const TYPES = Object.freeze(['mark', 'measure'])
/** Entries that are kept; an app that never clears them loses the oldest. */
const MOST_ENTRIES = 10_000

let kept: PerformanceEntry[] = []
const observers = new Set<PerformanceObserver>()
let isTelling = false

export function enter(entry: PerformanceEntry): void {
  if (kept.length >= MOST_ENTRIES) kept = kept.slice(MOST_ENTRIES / 2)
  kept.push(entry)
  for (const observer of observers) hand(observer, entry)
}

/** Those of a type and a name, by their starts. */
export function select(from: readonly PerformanceEntry[], name: unknown, type: unknown): PerformanceEntry[] {
  return from
    .filter(
      (entry) =>
        (name === undefined || entry.name === name) && (type === undefined || entry.entryType === type),
    )
    .sort((a, b) => a.startTime - b.startTime)
}

export const entries = (): readonly PerformanceEntry[] => kept

export function forget(type: string, name: string | undefined): void {
  kept = kept.filter((entry) => entry.entryType !== type || (name !== undefined && entry.name !== name))
}

/** The latest mark of this name. */
export function findMark(name: string): PerformanceEntry | undefined {
  return kept.findLast((entry) => entry.entryType === 'mark' && entry.name === name)
}

export class PerformanceObserverEntryList {
  readonly #entries: readonly PerformanceEntry[]

  constructor(...given: unknown[]) {
    const [key, list] = given as [unknown, readonly PerformanceEntry[]]
    if (key !== KEY) throw new NativeTypeError('Illegal constructor')
    this.#entries = list
  }

  getEntries(): PerformanceEntry[] {
    return select(this.#entries, undefined, undefined)
  }

  getEntriesByType(type: unknown): PerformanceEntry[] {
    requireArguments(arguments.length, 1, 'getEntriesByType')
    return select(this.#entries, undefined, toText(type))
  }

  getEntriesByName(name: unknown, type: unknown = undefined): PerformanceEntry[] {
    requireArguments(arguments.length, 1, 'getEntriesByName')
    return select(this.#entries, toText(name), type === undefined ? undefined : toText(type))
  }
}

let hand: (observer: PerformanceObserver, entry: PerformanceEntry) => void
let tell: (observer: PerformanceObserver) => void

/**
 *     new ── observe({ entryTypes }) ──> several: the next call says anew which
 *      └──── observe({ type }) ────────> single: each call adds a type
 *                                        disconnect(): new
 */
export class PerformanceObserver {
  readonly #callback: (
    list: PerformanceObserverEntryList,
    observer: PerformanceObserver,
    options: object,
  ) => void
  #mode: 'new' | 'several' | 'single' = 'new'
  #types: readonly string[] = []
  #waiting: PerformanceEntry[] = []
  #isFirst = true

  static {
    hand = (observer, entry) => {
      if (!observer.#types.includes(entry.entryType)) return
      observer.#waiting.push(entry)
      queueTelling()
    }
    tell = (observer) => observer.#tell()
  }

  constructor(callback: unknown) {
    requireArguments(arguments.length, 1, 'PerformanceObserver')
    if (typeof callback !== 'function') {
      throw new NativeTypeError(`PerformanceObserver: expected a function, got ${typeof callback}`)
    }
    this.#callback = callback as () => void
  }

  observe(options: unknown = undefined): void {
    const { entryTypes, type, buffered } = toMembers(
      options as Record<string, unknown> | undefined,
      'observe',
    )
    if ((entryTypes === undefined) === (type === undefined)) {
      throw new NativeTypeError('observe: expected either entryTypes or type')
    }
    const mode = type === undefined ? 'several' : 'single'
    if (this.#mode !== 'new' && this.#mode !== mode) {
      throw new NativeDOMException('observe: entryTypes and type cannot be mixed', 'InvalidModificationError')
    }
    if (mode === 'several' && buffered !== undefined) {
      throw new NativeTypeError('observe: expected type with buffered, got entryTypes')
    }
    this.#mode = mode
    if (mode === 'several' && !isObject(entryTypes)) {
      throw new NativeTypeError('observe: expected a list as entryTypes')
    }
    const asked = mode === 'several' ? [...(entryTypes as Iterable<unknown>)].map(toText) : [toText(type)]
    const known = asked.filter((name) => TYPES.includes(name))
    if (known.length === 0) return
    this.#types = mode === 'several' ? known : [...new Set([...this.#types, ...known])]
    observers.add(this)
    if (!buffered) return
    for (const entry of select(kept, undefined, known[0])) hand(this, entry)
  }

  disconnect(): void {
    observers.delete(this)
    this.#waiting = []
    this.#types = []
    this.#mode = 'new'
  }

  takeRecords(): PerformanceEntry[] {
    const taken = this.#waiting
    this.#waiting = []
    return taken
  }

  static get supportedEntryTypes(): readonly string[] {
    return TYPES
  }

  #tell(): void {
    if (this.#waiting.length === 0) return
    const list = new PerformanceObserverEntryList(KEY, this.takeRecords())
    const options = this.#isFirst ? { droppedEntriesCount: 0 } : {}
    this.#isFirst = false
    try {
      apply(this.#callback as (...args: unknown[]) => unknown, this, [list, this, options])
    } catch (error) {
      reportException(error)
    }
  }
}

/** A turn for all that wait; while the app is built there are none. */
function queueTelling(): void {
  if (isTelling || !phase.isLive) return
  isTelling = true
  setTimeout(() => {
    isTelling = false
    // one that is added meanwhile has nothing yet
    for (const observer of observers) tell(observer)
  }, 0)
}
