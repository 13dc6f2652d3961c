/** A flood of records, and what is left of it. */
import { it } from 'vitest'
import { BoundedLog } from './bounded-log.ts'
import type { LogRecord } from './log.ts'

const record = (text: string): LogRecord => ({ level: 'info', tenant: 'a', event: 'console', text })

it('passes on so many records in a second, and says how many it dropped', ({ expect }) => {
  const texts: string[] = []
  let now = 0
  const log = new BoundedLog({ write: ({ text }) => void texts.push(text) }, { now: () => now })
  for (let i = 0; i < 700; i++) log.write(record(String(i)))
  expect(texts.length).toBe(500)
  now = 1000
  log.write(record('later'))
  expect(texts.slice(500)).toEqual([expect.stringMatching(/^200 records were dropped/), 'later'])
})

it('passes on so many characters in a second, of each record no more than a part', ({ expect }) => {
  let length = 0
  const log = new BoundedLog({ write: ({ text }) => void (length += text.length) }, { now: () => 0 })
  for (let i = 0; i < 100; i++) log.write(record('x'.repeat(100_000)))
  expect(length).toBeLessThan(270_000)
  expect(length).toBeGreaterThan(200_000)
})

it('maps what fits alone, and bounds what comes of it', ({ expect }) => {
  const said: string[] = []
  let mapped = 0
  const map = (text: string): string => {
    mapped++
    return text.repeat(100)
  }
  const log = new BoundedLog({ write: ({ text }) => void said.push(text) }, { map, now: () => 0 })
  for (let i = 0; i < 1000; i++) log.write(record('y'.repeat(500)))
  expect(mapped).toBe(said.length)
  expect(mapped).toBeLessThanOrEqual(500)
  expect(said[0]!.length).toBeLessThan(20_000)
})
