/** A log whose reader is slow, stands still or goes away. */

import { Writable } from 'node:stream'

import { describe, it } from 'vitest'

import type { LogEntry } from '../log/entry.ts'
import { toLine } from '../log/line.ts'
import { LogSink } from './log-sink.ts'

/** A stream that takes nothing until it is told to. */
class Blocked extends Writable {
  taken = ''
  #resume: (() => void)[] = []
  #isOpen = false

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.taken += chunk.toString()
    if (this.#isOpen) done()
    else this.#resume.push(done)
  }

  open(): void {
    this.#isOpen = true
    for (const done of this.#resume.splice(0)) done()
  }
}

const ENTRY: LogEntry = { time: 0, level: 'info', text: 'x'.repeat(960) }
const FORMATS = ['text', 'json'] as const

describe.for(FORMATS)('a log sink of %s', (format) => {
  it('holds a bounded part of what a blocked reader does not take, and says what it dropped', async ({
    expect,
  }) => {
    const out = new Blocked()
    const sink = new LogSink(out, format)
    for (let i = 0; i < 5000; i++) sink.write(ENTRY)
    expect(out.writableLength).toBeLessThanOrEqual(1024 * 1024)
    expect(out.writableLength).toBeGreaterThan(1_000_000)
    const drained = new Promise((resolve) => out.once('drain', resolve))
    out.open()
    await drained
    sink.write({ ...ENTRY, text: 'after' })
    await new Promise((resolve) => out.end(resolve))
    const written = out.taken.split('\n').filter((line) => line.includes('xxx')).length
    const left = Number(/(\d+) log entries were dropped/.exec(out.taken)?.[1])
    expect(written + left).toBe(5000)
    const [said, after] = out.taken.split('\n').slice(-3)
    expect([said, after]).toEqual([expect.stringContaining('fast enough'), expect.stringContaining('after')])
    if (format === 'json') for (const line of out.taken.trimEnd().split('\n')) JSON.parse(line)
  })

  it('says nothing when there is nothing to say', async ({ expect }) => {
    const out = new Blocked()
    out.open()
    const sink = new LogSink(out, format)
    for (let i = 0; i < 100; i++) sink.write(ENTRY)
    await new Promise((resolve) => out.end(resolve))
    expect(out.taken).toBe(toLine(format, ENTRY).repeat(100))
  })

  it('survives a reader that goes away', async ({ expect }) => {
    const out = new Blocked()
    const sink = new LogSink(out, format)
    const closed = new Promise((resolve) => out.once('close', resolve))
    out.destroy(new Error('EPIPE'))
    await closed
    sink.write(ENTRY)
    expect(out.taken).toBe('')
  })
})

it('colours the level on a terminal, and nowhere else', async ({ expect }) => {
  const terminal = Object.assign(new Blocked(), { isTTY: true, getColorDepth: () => 8 })
  const file = new Blocked()
  for (const out of [terminal, file]) {
    out.open()
    new LogSink(out, 'text').write({ ...ENTRY, level: 'error', text: 'it' })
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await new Promise((resolve) => out.end(resolve))
  }
  expect(terminal.taken.endsWith('Z \u001b[31merror\u001b[39m it\n')).toBe(true)
  expect(file.taken).toMatch(/Z error it\n$/)
})
