/** Responses, request bodies, alarm, holds and console: what a guest may do in which order, and what is ignored. */
import { array, assert, boolean, constantFrom, integer, property, record } from 'fast-check'
import { describe, test } from 'vitest'
import { BackgroundBinding } from './background.ts'
import { Accounts } from '../limits/accounts.ts'
import { ByteBudget, QUEUED_COST } from '../limits/byte-budget.ts'
import { NO_METER } from './binding.ts'
import type { GuestEvent, Meter } from './binding.ts'
import { ConsoleBinding } from './console.ts'
import { RequestBodyBinding } from './request-body.ts'
import { ResponseBinding } from './response.ts'
import { TimerBinding } from './timer.ts'

const BYTES = new TextEncoder().encode('bytes')
const MIB = 1024 * 1024
const BIG = new Uint8Array(100_000)
const ONE = new Uint8Array(1)
const NOTHING = new Uint8Array(0)

function makeGuest(): { events: GuestEvent[]; meter: Meter; mailbox: { post(event: GuestEvent): void } } {
  const events: GuestEvent[] = []
  const meter = { ...NO_METER }
  return { events, meter, mailbox: { post: (event) => void events.push(event) } }
}

function makePort(takes = true) {
  const said: string[] = []
  const port = {
    takes,
    said,
    send: (status: number) => void said.push(`send ${status}`),
    start: (status: number) => void said.push(`start ${status}`),
    upgrade: () => void said.push('upgrade'),
    write: (bytes: Uint8Array) => (said.push(`write ${bytes.length}`), port.takes),
    finish: () => void said.push('finish'),
    threw: (error: string) => void said.push(`threw ${error}`),
    fail: (code: string) => void said.push(`fail ${code}`),
    pullBody: () => void said.push('pull'),
    cancelBody: () => void said.push('cancel'),
  }
  return port
}

describe('response', () => {
  test('nothing happens before the turn is over, and only the first answer counts', ({ expect }) => {
    const { meter, mailbox } = makeGuest()
    const port = makePort()
    const done: number[] = []
    const responses = new ResponseBinding(mailbox, meter, new ByteBudget(MIB), (id) => done.push(id))
    responses.add(1, port)
    responses.imports.send(1, 200, BYTES, BYTES)
    responses.imports.send(1, 201, BYTES, BYTES)
    responses.imports.fail(1, BYTES)
    responses.imports.finish(1)
    responses.imports.send(2, 200, BYTES, BYTES)
    expect([port.said, responses.waiting, responses.size]).toEqual([[], 0, 1])
    responses.flush()
    expect(port.said).toEqual(['send 200'])
    expect([done, responses.size, meter.crossings, meter.ignored]).toEqual([[1], 0, 5, 4])
  })

  test('a status out of range is a failure', ({ expect }) => {
    const { meter, mailbox } = makeGuest()
    const responses = new ResponseBinding(mailbox, meter, new ByteBudget(MIB), () => undefined)
    for (const status of [0, 101, 199, 600, 65535]) {
      const port = makePort()
      responses.add(status, port)
      responses.imports.start(status, status, BYTES)
      responses.flush()
      expect(port.said).toEqual([expect.stringMatching(/^threw NonResponse: /)])
    }
    expect([responses.size, responses.waiting]).toEqual([0, 0])
  })

  test('a slow client stops the guest until it takes bytes again', ({ expect }) => {
    const { events, meter, mailbox } = makeGuest()
    const port = makePort(false)
    const responses = new ResponseBinding(mailbox, meter, new ByteBudget(MIB), () => undefined)
    responses.add(1, port)
    responses.imports.start(1, 200, BYTES)
    expect(responses.imports.write(1, BYTES)).toBe(true)
    responses.flush()
    expect(responses.isPending()).toBe(false)
    expect(responses.imports.write(1, BYTES)).toBe(false)
    responses.flush()
    expect([responses.isPending(), events]).toEqual([true, []])
    port.takes = true
    responses.writable(1)
    expect([responses.isPending(), events]).toEqual([false, [{ tag: 'response-writable', val: 1 }]])
    expect(responses.imports.write(1, BYTES)).toBe(true)
    responses.imports.finish(1)
    responses.flush()
    expect(port.said).toEqual(['start 200', 'write 5', 'write 5', 'write 5', 'finish'])
  })

  test('a guest that writes much in one turn is told to wait, and may go on at once', ({ expect }) => {
    const { events, meter, mailbox } = makeGuest()
    const responses = new ResponseBinding(mailbox, meter, new ByteBudget(MIB), () => undefined)
    responses.add(1, makePort())
    responses.imports.start(1, 200, BYTES)
    expect(responses.imports.write(1, BIG)).toBe(false)
    responses.flush()
    expect(events).toEqual([{ tag: 'response-writable', val: 1 }])
  })

  test('a guest that never waits loses the response', ({ expect }) => {
    const { meter, mailbox } = makeGuest()
    const port = makePort()
    const responses = new ResponseBinding(mailbox, meter, new ByteBudget(MIB), () => undefined)
    responses.add(1, port)
    responses.imports.start(1, 200, BYTES)
    for (let i = 0; i < 2000; i++) responses.imports.write(1, BIG)
    responses.flush()
    expect(port.said.at(-1)).toBe('fail APP_BUFFER_LIMIT')
  })

  test('chunks of no bytes are nothing, and small ones of a turn go out together', ({ expect }) => {
    const { meter, mailbox } = makeGuest()
    const port = makePort()
    const budget = new ByteBudget(MIB)
    const responses = new ResponseBinding(mailbox, meter, budget, () => undefined)
    responses.add(1, port)
    responses.imports.start(1, 200, NOTHING)
    const before = budget.held
    for (let i = 0; i < 10_000; i++) responses.imports.write(1, NOTHING)
    expect(budget.held).toBe(before)
    for (let i = 0; i < 10_000; i++) responses.imports.write(1, ONE)
    expect(budget.held - before).toBe(10_000 + QUEUED_COST)
    responses.imports.finish(1)
    responses.flush()
    expect([port.said, budget.held]).toEqual([['start 200', 'write 10000', 'finish'], 0])
  })

  test('what a slow client does not take waits, joined, and goes out when it does', ({ expect }) => {
    const { events, meter, mailbox } = makeGuest()
    const port = makePort(false)
    const budget = new ByteBudget(MIB)
    const responses = new ResponseBinding(mailbox, meter, budget, () => undefined)
    responses.add(1, port)
    responses.imports.start(1, 200, NOTHING)
    for (let turn = 0; turn < 1000; turn++) {
      responses.imports.write(1, ONE)
      responses.flush()
    }
    expect([port.said, budget.held]).toEqual([['start 200', 'write 1'], 999 + QUEUED_COST])
    // one that takes a chunk and is slow again
    responses.writable(1)
    expect([port.said.at(-1), budget.held, events]).toEqual(['write 999', 0, []])
    port.takes = true
    responses.writable(1)
    expect(events).toEqual([{ tag: 'response-writable', val: 1 }])
  })

  test('a stream that is complete goes out whole, for its guest may be gone before it is sent', ({
    expect,
  }) => {
    const { meter, mailbox } = makeGuest()
    const port = makePort(false)
    const budget = new ByteBudget(MIB)
    const responses = new ResponseBinding(mailbox, meter, budget, () => undefined)
    responses.add(1, port)
    responses.imports.start(1, 200, NOTHING)
    for (let i = 0; i < 3; i++) responses.imports.write(1, BIG)
    responses.imports.finish(1)
    responses.flush()
    expect(port.said).toEqual(['start 200', 'write 100000', 'write 100000', 'write 100000', 'finish'])
    expect(budget.held).toBe(0)
  })

  test('nothing is held of responses that are over, whatever was said in which order', ({ expect }) => {
    const limit = 300_000
    const what = constantFrom(
      'add',
      'send',
      'start',
      'write',
      'finish',
      'fail',
      'flush',
      'writable',
      'remove',
    )
    const step = record({ what, id: integer({ min: 1, max: 4 }), size: constantFrom(0, 1, 70_000) })
    assert(
      property(array(step, { maxLength: 100 }), boolean(), (steps, takes) => {
        const { meter, mailbox } = makeGuest()
        const budget = new ByteBudget(limit)
        const responses = new ResponseBinding(mailbox, meter, budget, () => undefined)
        const port = makePort(takes)
        for (const { what, id, size } of steps) {
          const bytes = new Uint8Array(size)
          if (what === 'add' && responses.size < 4) responses.add(++meter.requests, port)
          else if (what === 'send') responses.imports.send(id, 200, NOTHING, bytes)
          else if (what === 'start') responses.imports.start(id, 200, bytes)
          else if (what === 'write') responses.imports.write(id, bytes)
          else if (what === 'finish') responses.imports.finish(id)
          else if (what === 'fail') responses.imports.fail(id, bytes)
          else if (what === 'flush') responses.flush()
          else if (what === 'writable') responses.writable(id)
          else if (what === 'remove') responses.remove(id)
          expect(budget.held).toBeLessThanOrEqual(limit)
          expect(budget.held).toBeGreaterThanOrEqual(0)
        }
        responses.flush()
        if (responses.size === 0) expect(budget.held).toBe(0)
        responses[Symbol.dispose]()
        expect([budget.held, responses.isPending(), responses.waiting]).toEqual([0, false, 0])
      }),
    )
  })

  test('nothing reaches a client that has gone', ({ expect }) => {
    const { meter, mailbox } = makeGuest()
    const port = makePort()
    const responses = new ResponseBinding(mailbox, meter, new ByteBudget(MIB), () => undefined)
    responses.add(1, port)
    expect([responses.remove(1), responses.remove(1)]).toEqual([true, false])
    responses.imports.send(1, 200, BYTES, BYTES)
    responses.flush()
    expect([port.said, responses.waiting]).toEqual([[], 0])
  })
})

describe('request body', () => {
  test('the first chunk comes unasked, each further one for a pull', ({ expect }) => {
    const { events, meter, mailbox } = makeGuest()
    const port = makePort()
    const bodies = new RequestBodyBinding(mailbox, meter)
    bodies.add(1, port)
    bodies.flush()
    expect([port.said, bodies.isPending()]).toEqual([['pull'], true])
    bodies.chunk(1, BYTES, false)
    bodies.delivered({ tag: 'request-body', val: { id: 1, bytes: BYTES, last: false } })
    expect(bodies.isPending()).toBe(false)
    bodies.imports.pull(1)
    bodies.imports.pull(1)
    bodies.flush()
    expect(port.said).toEqual(['pull', 'pull'])
    bodies.chunk(1, BYTES, true)
    expect([events.length, bodies.isPending()]).toEqual([2, false])
    bodies.imports.pull(1)
    expect(meter.ignored).toBe(1)
  })

  test('the next chunk is not read before the guest has had the one before', ({ expect }) => {
    const { events, meter, mailbox } = makeGuest()
    const port = makePort()
    const bodies = new RequestBodyBinding(mailbox, meter)
    bodies.add(1, port)
    bodies.flush()
    bodies.chunk(1, BYTES, false)
    bodies.imports.pull(1)
    bodies.flush()
    expect([port.said, events.length]).toEqual([['pull'], 1])
    bodies.delivered({ tag: 'request-body', val: { id: 1, bytes: BYTES, last: false } })
    bodies.imports.pull(1)
    bodies.flush()
    expect(port.said).toEqual(['pull', 'pull'])
  })

  test('a cancelled body brings nothing more', ({ expect }) => {
    const { events, meter, mailbox } = makeGuest()
    const port = makePort()
    const bodies = new RequestBodyBinding(mailbox, meter)
    bodies.add(1, port)
    bodies.flush()
    bodies.imports.cancel(1)
    bodies.flush()
    bodies.chunk(1, BYTES, true)
    expect([port.said, events, bodies.isPending()]).toEqual([['pull', 'cancel'], [], false])
  })

  test('a body that is cancelled in the turn of the answer is cancelled', ({ expect }) => {
    const { events, meter, mailbox } = makeGuest()
    const port = makePort()
    const bodies = new RequestBodyBinding(mailbox, meter)
    bodies.add(1, port)
    bodies.flush()
    bodies.imports.cancel(1)
    bodies.close(1)
    bodies.flush()
    expect([port.said, events]).toEqual([['pull', 'cancel'], []])
  })

  test('a guest that reads on after its response is told', ({ expect }) => {
    const { events, meter, mailbox } = makeGuest()
    const bodies = new RequestBodyBinding(mailbox, meter)
    bodies.add(1, makePort())
    bodies.flush()
    bodies.close(1)
    expect(events).toMatchObject([{ tag: 'request-body-failed', val: { id: 1 } }])
  })
})

describe('timer', () => {
  test('one alarm, never early; a negative delay takes it away', async ({ expect }) => {
    const { events, meter, mailbox } = makeGuest()
    const start = performance.now()
    using timer = new TimerBinding(mailbox, meter, () => start)
    timer.imports.wakeIn(5000, 1)
    timer.imports.wakeIn(20, 2)
    timer.flush()
    while (events.length === 0) await new Promise((later) => setImmediate(later))
    const waited = performance.now() - start
    expect([waited >= 20, waited < 100, timer.isPending()]).toEqual([true, true, false])
    timer.imports.wakeIn(0, 2)
    timer.flush()
    expect(timer.isPending()).toBe(true)
    timer.imports.wakeIn(-1, 0)
    timer.flush()
    await new Promise((later) => setTimeout(later, 10))
    expect([events, timer.isPending()]).toEqual([[{ tag: 'timer-due' }], false])
    timer.imports.wakeIn(Number.NaN, 0)
    expect(meter.ignored).toBe(1)
  })
})

test('background: only requests that have an account can hold', ({ expect }) => {
  const { meter } = makeGuest()
  const limits = {
    cpuMs: 1,
    scheduledCpuMs: 10,
    scheduledTurnMs: 10,
    subrequests: 1,
    dataCalls: 1,
    backgroundMs: 1,
  }
  using accounts = new Accounts(limits, { onLimit() {}, onClosed() {} })
  accounts.open(1, { id: 'r', headers: '', client: 'c' }, { cpuMs: 0 })
  const { imports } = new BackgroundBinding(meter, accounts)
  imports.hold(1)
  imports.hold(2)
  imports.release(1)
  imports.release(1)
  expect([meter.crossings, meter.ignored]).toEqual([4, 2])
})

/** Lines of a turn of several requests. */
const NO_REQUEST = { request: undefined }

test('console: a flood is cut and said so', ({ expect }) => {
  const { meter } = makeGuest()
  const lines: string[] = []
  const console = new ConsoleBinding(
    {
      line: (_, text) => void lines.push(text),
      report: (error) => void lines.push(error),
      mapPlaces: () => '',
    },
    meter,
    new ByteBudget(MIB),
    NO_REQUEST,
  )
  console.imports.report(BYTES)
  for (let i = 0; i < 10_000; i++) console.imports.log('info', BYTES)
  console[Symbol.dispose]()
  expect(lines.length).toBeLessThan(3000)
  expect(lines.at(-1)).toMatch(/lines were dropped/)
})

test('console: long lines are bounded by their bytes, in a turn and in a second', ({ expect }) => {
  const { meter } = makeGuest()
  const lines: string[] = []
  const port = { line: (_: string, text: string) => void lines.push(text), report() {}, mapPlaces: () => '' }
  const console = new ConsoleBinding(port, meter, new ByteBudget(MIB), NO_REQUEST)
  const started = Math.floor(performance.now() / 1000)
  for (let turn = 0; turn < 20; turn++) {
    for (let i = 0; i < 100; i++) console.imports.log('info', BIG)
    console.flush()
  }
  const seconds = Math.floor(performance.now() / 1000) - started + 1
  console[Symbol.dispose]()
  const bytes = lines.reduce((sum, line) => sum + line.length, 0)
  expect(bytes).toBeGreaterThan(200_000)
  expect(bytes).toBeLessThan(seconds * 300_000)
  const left = lines.map((line) => Number(/^(\d+) lines were dropped/.exec(line)?.[1] ?? 0))
  const said = left.filter((count) => count > 0)
  // every line was written or is counted
  expect(lines.length - said.length + said.reduce((sum, count) => sum + count)).toBe(2000)
})

test('console: lines cost memory, and are dropped when there is none', ({ expect }) => {
  const { meter } = makeGuest()
  const lines: string[] = []
  const budget = new ByteBudget(10 * QUEUED_COST)
  const port = { line: (_: string, text: string) => void lines.push(text), report() {}, mapPlaces: () => '' }
  const console = new ConsoleBinding(port, meter, budget, NO_REQUEST)
  for (let i = 0; i < 100; i++) console.imports.log('info', NOTHING)
  expect(budget.held).toBe(10 * QUEUED_COST)
  console.flush()
  expect([lines.length, budget.held]).toEqual([10, 0])
  console[Symbol.dispose]()
  expect(lines.at(-1)).toMatch(/^90 lines were dropped/)
})
