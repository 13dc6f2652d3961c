/** The latest entries of each app, and those who follow. */

import { describe, it } from 'vitest'

import type { LogEntry } from './entry.ts'
import { LogRing } from './ring.ts'

let time = 0
const entry = (app: string | undefined, level: LogEntry['level'], text = ''): LogEntry => ({
  time: time++,
  level,
  app,
  text,
})

describe('the latest entries', () => {
  it('are those of an app, of a level at least, the oldest first', ({ expect }) => {
    const ring = new LogRing()
    const [error, info, other, own] = [
      entry('a', 'error'),
      entry('a', 'info'),
      entry('b', 'error'),
      entry(undefined, 'warn'),
    ]
    for (const each of [error, info, other, own]) ring.add(each)
    expect(ring.latest({ app: 'a' })).toEqual([error, info])
    expect(ring.latest({ app: 'a', level: 'warn' })).toEqual([error])
    expect(ring.latest({ level: 'warn' })).toEqual([error, other, own])
    expect(ring.latest({}, 1)).toEqual([own])
    ring.forget('a')
    expect(ring.latest({ app: 'a' })).toEqual([])
  })

  it('of an app are bounded, and its requests push no error out', ({ expect }) => {
    const ring = new LogRing()
    const error = entry('a', 'error')
    ring.add(error)
    for (let i = 0; i < 10_000; i++) ring.add(entry('a', 'info'))
    expect(ring.latest({ app: 'a' }, Infinity).length).toBe(101)
    expect(ring.latest({ app: 'a', level: 'error' })).toEqual([error])
    for (let i = 0; i < 100; i++) ring.add(entry('b', 'info', 'x'.repeat(16 * 1024)))
    expect(ring.latest({ app: 'b' }).length).toBeLessThan(5)
  })

  it('of all apps are bounded: what was silent for longest goes', ({ expect }) => {
    const ring = new LogRing()
    const most = 5000
    for (let i = 0; i < most; i++) ring.add(entry(`app-${i}`, 'info', 'x'.repeat(16 * 1024)))
    const kept = ring.latest({}, Infinity)
    expect(kept.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThan(64 * 1024 * 1024)
    expect(kept.at(-1)!.app).toBe(`app-${most - 1}`)
    expect(ring.latest({ app: 'app-0' })).toEqual([])
  })
})

describe('whoever follows', () => {
  it('hears what fits from then on, until it goes', ({ expect }) => {
    const ring = new LogRing()
    const heard: LogEntry[] = []
    const listen = (each: LogEntry): void => void heard.push(each)
    ring.add(entry('a', 'error'))
    const first = ring.subscribe({ app: 'a', level: 'warn' }, listen)
    const second = ring.subscribe({}, listen)
    const said = [entry('a', 'warn'), entry('a', 'info'), entry('b', 'error')]
    for (const each of said) ring.add(each)
    expect(heard).toEqual([said[0], said[0], said[1], said[2]])
    first[Symbol.dispose]()
    second[Symbol.dispose]()
    ring.add(entry('a', 'error'))
    expect(heard.length).toBe(4)
  })
})
