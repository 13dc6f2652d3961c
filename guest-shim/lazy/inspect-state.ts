/** How a value is shown, and what has been shown of it. */

export interface InspectOptions {
  readonly depth?: number | null | undefined
  readonly showHidden?: boolean | undefined
  readonly customInspect?: boolean | undefined
  /** Of a list. */
  readonly maxArrayLength?: number | null | undefined
  readonly breakLength?: number | undefined
}

export const MOST_ITEMS = 100
/** Of an array that has more, only the items are looked at. */
export const MOST_KEYED = 10_000

/** What is shown so far, and how. */
export interface State {
  readonly depth: number
  readonly showHidden: boolean
  readonly isCustom: boolean
  readonly maxArrayLength: number
  readonly breakLength: number
  room: number
  indentation: number
  /** The level of what was shown last. */
  level: number
  readonly path: object[]
  /** What is shown within itself, by its number. */
  readonly circles: Map<object, number>
  show(value: unknown, level: number): string
}

export type Key = string | symbol
