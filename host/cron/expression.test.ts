import { test } from 'vitest'

import { isTimeZone, parseCron } from './expression.ts'

/** A Thursday. */
const FROM = Date.UTC(2026, 10, 26, 8)

function toTimes(text: string, count: number, zone?: string): string[] {
  const times = parseCron(text, zone)
  if (typeof times === 'string') throw new Error(times)
  const found: string[] = []
  for (let at = times.next(FROM); at !== undefined && found.length < count; at = times.next(at)) {
    found.push(new Date(at).toISOString().slice(5, 16).replace('T', ' '))
  }
  return found
}

test.for([
  ['* * * * *', '11-26 08:01', '11-26 08:02'],
  ['*/30 * * * *', '11-26 08:30', '11-26 09:00'],
  ['5/20 * * * *', '11-26 08:05', '11-26 08:25', '11-26 08:45', '11-26 09:05'],
  ['50-10/5 8 * * *', '11-26 08:05', '11-26 08:10', '11-26 08:50'],
  ['0 17 * * sun', '11-29 17:00', '12-06 17:00'],
  ['0 17 * * 1', '11-29 17:00', '12-06 17:00'],
  ['10 7 * * MON-FRI', '11-27 07:10', '11-30 07:10'],
  ['10 7 * * 2-6', '11-27 07:10', '11-30 07:10'],
  ['0 0 * * FRI-SUN', '11-27 00:00', '11-28 00:00', '11-29 00:00', '12-04 00:00'],
  ['0 15 1 * *', '12-01 15:00', '01-01 15:00'],
  ['0 18 * * 6L', '11-27 18:00', '12-25 18:00'],
  ['0 18 * * friL', '11-27 18:00', '12-25 18:00'],
  ['59 23 LW * *', '11-30 23:59', '12-31 23:59', '01-29 23:59'],
  ['0 0 L * *', '11-30 00:00', '12-31 00:00'],
  ['0 0 15W * *', '12-15 00:00', '01-15 00:00', '02-15 00:00'],
  ['0 0 * * MON#2', '12-14 00:00', '01-11 00:00'],
  ['0 0 * * L', '11-28 00:00', '12-05 00:00'],
  ['0 0 1 * MON', '11-30 00:00', '12-01 00:00', '12-07 00:00'],
  ['0 0 1 JAN,mar *', '01-01 00:00', '03-01 00:00'],
  ['0 0 29 2 *', '02-29 00:00'],
] as const)('%s', ([text, ...times], { expect }) => {
  expect(toTimes(text, times.length)).toEqual(times)
})

test('times of a zone go on through a change of its clocks', ({ expect }) => {
  expect(toTimes('0 9 * * *', 2, 'Europe/Berlin')).toEqual(['11-27 08:00', '11-28 08:00'])
  const times = parseCron('30 2 * * *', 'Europe/Berlin')
  if (typeof times === 'string') throw new Error(times)
  // on 2027-03-28 there is no half past two
  const before = Date.UTC(2027, 2, 27, 12)
  const first = times.next(before)!
  expect(times.next(first)! - first).toBeLessThanOrEqual(24 * 3_600_000)
  expect([isTimeZone('Europe/Berlin'), isTimeZone('Mars/Base')]).toEqual([true, false])
})

test.for([
  '',
  '@daily',
  '* * * *',
  '* * * * * *',
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * * 13 *',
  '* * * * 0',
  '* * * * 8',
  '*/0 * * * *',
  '1,,2 * * * *',
  '-1 * * * *',
  '* * L-3 * *',
  '* * 32W * *',
  '* * * * MON#6',
  '* * ? * *',
  '* * * * +MON',
  '0 0 31 2 *',
  `${'1,'.repeat(200)}1 * * * *`,
])('refused: %s', (text, { expect }) => {
  expect(parseCron(text)).toMatch(/^expected .*, got /)
})
