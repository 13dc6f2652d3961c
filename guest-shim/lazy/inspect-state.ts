/** How a value is shown, and what has been shown of it. */

import { type Stylize, plain, stylizeWithColor } from './inspect-style.ts'

type Order = (a: string, b: string) => number

/** As `util.inspect` of Node.js takes them. */
export interface InspectOptions {
  readonly depth?: number | null | undefined
  readonly showHidden?: boolean | undefined
  readonly customInspect?: boolean | undefined
  readonly showProxy?: boolean | undefined
  /** Of a list. */
  readonly maxArrayLength?: number | null | undefined
  readonly maxStringLength?: number | null | undefined
  readonly breakLength?: number | undefined
  /** A line for each member, or as many levels in a line. */
  readonly compact?: boolean | number | undefined
  readonly sorted?: boolean | Order | undefined
  /** Which are called to show what they give. */
  readonly getters?: boolean | 'get' | 'set' | undefined
  readonly numericSeparator?: boolean | undefined
  readonly colors?: boolean | undefined
  readonly stylize?: Stylize | undefined
}

const DEFAULTS = {
  showHidden: false,
  depth: 2,
  colors: false,
  customInspect: true,
  showProxy: false,
  maxArrayLength: 100,
  maxStringLength: 10_000,
  breakLength: 80,
  compact: 3,
  sorted: false,
  getters: false,
  numericSeparator: false,
} as const

/** Of an array that has more, only the items are looked at. */
export const MOST_KEYED = 10_000
/** Characters, and values, of what a log shows at a time. */
const MOST_ROOM = 20_000

/** What is shown so far, and how. */
export interface State {
  /** As given, with everything that was not: for what shows itself. */
  readonly options: Readonly<Record<string, unknown>>
  readonly depth: number
  readonly showHidden: boolean
  readonly isCustom: boolean
  readonly maxArrayLength: number
  readonly maxStringLength: number
  readonly breakLength: number
  /** Levels of objects that share a line. Infinity: all that fit in it, 0: none. */
  readonly compact: number
  readonly sort: ((parts: string[]) => string[]) | undefined
  readonly getters: boolean | 'get' | 'set'
  readonly numericSeparator: boolean
  readonly hasColors: boolean
  readonly stylize: Stylize
  room: number
  indentation: number
  /** The level of what was shown last. */
  level: number
  readonly path: object[]
  readonly self: unknown
  /** What is shown within itself, by its number. */
  readonly circles: Map<object, number>
  show(value: unknown, level: number): string
}

export type Key = string | symbol

/** `isBounded`: for a log. `self`: what shows other values. */
export function makeState(
  options: InspectOptions,
  isBounded: boolean,
  self: unknown,
  show: (state: State, value: unknown, level: number) => string,
): State {
  const given: Record<string, unknown> = { ...DEFAULTS }
  for (const [key, value] of Object.entries(options)) if (value !== undefined) given[key] = value
  const { depth, maxArrayLength, maxStringLength, compact, sorted, colors } =
    given as Required<InspectOptions>
  const stylize = options.stylize ?? (colors ? stylizeWithColor : plain)
  const order = typeof sorted === 'function' ? sorted : undefined
  const state: State = {
    options: { ...given, stylize },
    depth: depth ?? Infinity,
    showHidden: given['showHidden'] === true,
    isCustom: given['customInspect'] !== false,
    maxArrayLength: Math.max(0, maxArrayLength ?? Infinity),
    maxStringLength: Math.max(0, maxStringLength ?? Infinity),
    breakLength: given['breakLength'] as number,
    compact: compact === true ? Infinity : Number(compact),
    sort: sorted ? (parts) => parts.sort(order) : undefined,
    getters: given['getters'] as State['getters'],
    numericSeparator: given['numericSeparator'] === true,
    hasColors: Boolean(colors),
    stylize,
    room: isBounded ? MOST_ROOM : Infinity,
    indentation: 0,
    level: 0,
    path: [],
    self,
    circles: new Map(),
    show: (inner, level) => show(state, inner, level),
  }
  return state
}
