/** Readers of the log: quick, slow, gone, coming back. */

import { describe, it } from 'vitest'

import type { NanoError } from '../errors.ts'
import type { LogEntry } from '../log/entry.ts'
import { LogRing } from '../log/ring.ts'
import { LogTails } from './log-tails.ts'
import type { TailOptions } from './log-tails.ts'

const OPTIONS: TailOptions = { most: 100, follow: true, mayGoOn: () => true }

function open(heartbeatMs = 60_000) {
  const ring = new LogRing()
  const tails = new LogTails(ring, { heartbeatMs })
  const say = (text: string, more: Partial<LogEntry> = {}) =>
    ring.add({ time: 0, level: 'info', app: 'a', text, ...more })
  const tail = (options: Partial<TailOptions> = {}) => {
    const reader = tails.open({ ...OPTIONS, ...options }).getReader()
    const read = async () => {
      const { value, done } = await reader.read()
      return done ? undefined : new TextDecoder().decode(value)
    }
    return { read, cancel: () => reader.cancel() }
  }
  return { ring, tails, say, tail }
}

const texts = (events = '') =>
  Array.from(
    events.matchAll(/^data: (\{"time".*)$/gm),
    ([, json = '']) => (JSON.parse(json) as { msg: string }).msg,
  )
const ids = (events = '') => Array.from(events.matchAll(/^id: (.+)$/gm), ([, id = '']) => id)

describe('a tail', () => {
  it('has the latest entries that fit, then those that come', async ({ expect }) => {
    const { say, tail } = open()
    for (const text of ['1', '2', '3']) say(text)
    say('other', { app: 'b' })
    const { read } = tail({ app: 'a', most: 2 })
    const first = await read()
    expect([first?.startsWith('retry: '), texts(first)]).toEqual([true, ['2', '3']])
    const next = read()
    say('other', { app: 'b' })
    say('4')
    expect(texts(await next)).toEqual(['4'])
  })

  it('may begin with nothing, at a time, at a level, and with what may be read', async ({ expect }) => {
    const { say, tail } = open()
    say('old', { level: 'error', time: 1 })
    say('new', { level: 'warn', time: 5 })
    say('of the server', { app: undefined, time: 5 })
    expect(texts(await tail({ most: 0 }).read())).toEqual([])
    expect(texts(await tail({ since: 2 }).read())).toEqual(['new', 'of the server'])
    expect(texts(await tail({ level: 'error' }).read())).toEqual(['old'])
    expect(texts(await tail({ mayRead: (app) => app === undefined }).read())).toEqual(['of the server'])
  })

  it('that is read again goes on after the last entry that came', async ({ expect }) => {
    const { say, tail, tails } = open()
    for (const text of ['1', '2', '3']) say(text)
    const [, second] = ids(await tail().read())
    say('4')
    expect(texts(await tail({ lastId: second, most: 1 }).read())).toEqual(['3', '4'])
    // of another process
    expect(texts(await tail({ lastId: 'x-9', most: 1 }).read())).toEqual(['1', '2', '3', '4'])
    // none
    expect(texts(await tail({ lastId: '"', most: 1 }).read())).toEqual(['4'])
    expect(tails.count).toBe(4)
  })

  it('whose reader is slow holds a bounded part, and says how many it dropped', async ({ expect }) => {
    const { say, tail } = open()
    const { read } = tail()
    await read()
    for (let i = 0; i < 10_000; i++) say(String(i))
    const first = (await read())!
    const [, dropped] = /^event: dropped\ndata: \{"dropped":(\d+)\}$/m.exec(first) ?? []
    expect(texts(first).slice(0, 2)).toEqual(['0', '1'])
    expect([texts(first).length + Number(dropped), texts(first).length < 2000]).toEqual([10_000, true])
    for (let i = 0; i < 100; i++) say('x'.repeat(16 * 1024))
    expect(texts(await read()).length).toBeLessThan(40)
    say('after')
    expect(texts(await read())).toEqual(['after'])
  })

  it('of nothing gives a sign of life', async ({ expect }) => {
    const { tail } = open(5)
    const { read } = tail()
    await read()
    expect(await read()).toBe(':\n\n')
  })

  it('ends at once when its reader may read no more, without what waited', async ({ expect }) => {
    const { say, tail, tails } = open()
    let isAllowed = true
    const mayGoOn = () => isAllowed
    const [waits, slow, other] = [tail({ mayGoOn }), tail({ mayGoOn }), tail()]
    for (const { read } of [waits, slow, other]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await read()
    }
    const next = waits.read()
    tails.expire()
    // as it may go on, that it is looked at means nothing
    say('1')
    expect(texts(await next)).toEqual(['1'])
    const last = waits.read()
    say('secret')
    isAllowed = false
    tails.expire()
    say('secret')
    expect([await last, await slow.read(), tails.count]).toEqual([undefined, undefined, 1])
    expect(texts(await other.read())).toEqual(['1', 'secret', 'secret'])
  })

  it('that does not follow ends after the latest entries', async ({ expect }) => {
    const { say, tail, tails } = open()
    say('1')
    const { read } = tail({ follow: false })
    expect([texts(await read()), await read(), tails.count]).toEqual([['1'], undefined, 0])
  })

  it('cannot be had without end, and makes room when its reader goes', async ({ expect }) => {
    const { say, tail, tails } = open()
    const open16 = Array.from({ length: 16 }, () => tail())
    let error: NanoError | undefined
    try {
      tail()
    } catch (thrown) {
      error = thrown as NanoError
    }
    expect(error).toMatchObject({
      code: 'TAILS_BUSY',
      message: expect.stringContaining('at most 16 log tails'),
    })
    const waits = open16[1]!
    await waits.read()
    void waits.read()
    await Promise.all([open16[0]!.cancel(), waits.cancel()])
    expect(tails.count).toBe(14)
    say('nobody is told')
    tail()
  })

  it('ends with what was said before the server stopped', async ({ expect }) => {
    const { say, tail, tails } = open()
    const { read } = tail()
    await read()
    const [last, end] = [read(), read()]
    say('bye')
    const closed = tails.close()
    expect([texts(await last), await end]).toEqual([['bye'], undefined])
    await closed
    // a reader that takes nothing is not waited for
    tail()
    await tails.close()
  })
})
