/**
 * Cron expressions as Cloudflare's Workers have them: five fields, days of the week from 1 (Sunday) to 7, ranges that go
 * round (`FRI-MON`), steps from a value (`5/15`), `L`, `LW`, `15W`, `6L`, `MON#2`; of two fields for days that are both
 * given either is enough. What each field admits is written out here, and a kept library finds the times. Pure.
 */

import { Cron } from 'croner'

/** The times of one expression. */
export interface CronTimes {
  /** The first one after a moment, in milliseconds since 1970; undefined: there is none. */
  next(after: number): number | undefined
}

interface Field {
  readonly name: string
  readonly least: number
  readonly most: number
  readonly names?: readonly string[]
  /** What else it may be, and as what the library has it. */
  readonly special?: (text: string, toValue: (text: string) => number | undefined) => string | undefined
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

const FIELDS: readonly Field[] = [
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day of the month', least: 1, most: 31, special: toSpecialDate },
  { name: 'month', least: 1, most: 12, names: MONTHS },
  { name: 'day of the week', least: 1, most: 7, names: DAYS, special: toSpecialDay },
]

const ITEM = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/
const MOST_LENGTH = 256

/** The times of an expression in a time zone, or what is wrong with it. */
export function parseCron(text: string, timeZone = 'UTC'): CronTimes | string {
  const fields = text.trim().split(/[ \t]+/)
  if (text.length > MOST_LENGTH || fields.length !== FIELDS.length) {
    return `expected five fields (minute, hour, day of the month, month, day of the week), got ${fields.length}`
  }
  const written: string[] = []
  for (const [i, field] of FIELDS.entries()) {
    const admitted = writeOut(fields[i]!, field)
    if (admitted === undefined) return toProblem(fields[i]!, field)
    written.push(admitted)
  }
  const cron = new Cron(written.join(' '), {
    timezone: timeZone,
    mode: '5-part',
    alternativeWeekdays: true,
    paused: true,
  })
  const next = (after: number) => cron.nextRun(new Date(after))?.getTime()
  return next(0) === undefined ? 'expected a date that there is, got one that never comes' : { next }
}

/** Whether the time zone is known here. */
export function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** The values that a field admits, as the library reads them. */
function writeOut(text: string, field: Field): string | undefined {
  if (text === '*') return text
  const toValue = (value: string) => readValue(value, field)
  const special = field.special?.(text.toUpperCase(), toValue)
  if (special !== undefined) return special
  const values = new Set<number>()
  for (const item of text.split(',')) {
    if (!addItem(values, item, field)) return undefined
  }
  return [...values].sort((a, b) => a - b).join(',')
}

/** False when it is none of the field's. */
function addItem(values: Set<number>, item: string, field: Field): boolean {
  const [, first, last, each] = ITEM.exec(item) ?? []
  if (first === undefined || (first === '*' && last !== undefined)) return false
  const { least, most } = field
  const from = first === '*' ? least : readValue(first, field)
  const isOne = first !== '*' && last === undefined && each === undefined
  const to = last === undefined ? (isOne ? from : most) : readValue(last, field)
  const step = Number(each ?? 1)
  if (from === undefined || to === undefined || step < 1 || step > most) return false
  const count = most - least + 1
  const length = to >= from ? to - from : to - from + count
  for (let i = 0; i <= length; i += step) values.add(((from - least + i) % count) + least)
  return true
}

function readValue(text: string, { least, most, names }: Field): number | undefined {
  const named = names?.indexOf(text.toUpperCase()) ?? -1
  if (named >= 0) return named + least
  const value = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN
  return value >= least && value <= most ? value : undefined
}

function toSpecialDate(text: string, toValue: (text: string) => number | undefined): string | undefined {
  if (text === 'L' || text === 'LW') return text
  const day = text.endsWith('W') ? toValue(text.slice(0, -1)) : undefined
  return day === undefined ? undefined : `${day}W`
}

function toSpecialDay(text: string, toValue: (text: string) => number | undefined): string | undefined {
  // the last day of a week
  if (text === 'L') return '7'
  const [, last, day, nth] = /^(?:(\w+)L|(\w+)#([1-5]))$/.exec(text) ?? []
  const value = toValue(last ?? day ?? '')
  if (value === undefined) return undefined
  return last === undefined ? `${value}#${nth}` : `${value}L`
}

function toProblem(text: string, { name, least, most, names = [], special }: Field): string {
  const named = names.length === 0 ? '' : ` or ${names[0]} to ${names.at(-1)}`
  const more = special === undefined ? '' : special === toSpecialDay ? ', 6L, MON#2' : ', L, LW, 15W'
  return (
    `expected a ${name} of *, ${least} to ${most}${named}, lists, ranges and steps${more}, ` +
    `got ${JSON.stringify(text.slice(0, 40))}`
  )
}
