/** Whatever a thread says and does, and however late: its slot has one thread at most, and never stays without one. */

import { array, assert, asyncProperty, constant, constantFrom, nat, oneof, record } from 'fast-check'
import { afterEach, beforeEach, describe, it, vi } from 'vitest'

import { NanoError } from '../errors.ts'
import { GRACE_MS, Slot, STOP_MS } from './slot.ts'
import type { SlotThread, SlotWatcher } from './slot.ts'

const PORT = 8000
const SILENCE_MS = 10_000
const START_SILENCE_MS = 30_000
/** Longer than any pause before another start. */
const PAUSED_MS = 11_000

/** A thread that does what the test says. */
class FakeThread implements SlotThread {
  readonly watcher: SlotWatcher
  readonly port: number
  readonly orders: string[] = []
  hasExited = false
  silentMs = 0

  constructor(port: number, watcher: SlotWatcher) {
    this.port = port
    this.watcher = watcher
  }

  measureSilence(): number {
    return this.silentMs
  }

  stop(): void {
    this.orders.push('stop')
  }

  terminate(): void {
    this.orders.push('terminate')
  }

  exit(): void {
    this.hasExited = true
    this.watcher.onExit()
  }
}

function open() {
  const threads: FakeThread[] = []
  const errors: string[] = []
  let refused = 0
  const slot = new Slot<FakeThread>({
    name: 'shard 7',
    silenceMs: () => SILENCE_MS,
    startSilenceMs: START_SILENCE_MS,
    begin(port, watcher) {
      if (refused-- > 0) throw new Error('ERR_WORKER_INIT_FAILED')
      const thread = new FakeThread(port, watcher)
      threads.push(thread)
      return thread
    },
    onError: (text) => void errors.push(text),
  })
  return {
    slot,
    threads,
    errors,
    opened: slot.open(0),
    /** The system gives no thread so many times. */
    refuse: (times: number) => void (refused = times),
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('a slot', () => {
  it('tells where its first thread listens, and starts the next ones there', async ({ expect }) => {
    const { slot, threads, opened, errors } = open()
    threads[0]!.watcher.onReady(PORT)
    expect([await opened, slot.isListening, slot.working]).toEqual([PORT, true, threads[0]])
    threads[0]!.exit()
    expect(slot.isListening).toBe(false)
    vi.advanceTimersByTime(PAUSED_MS)
    expect(threads.map(({ port }) => port)).toEqual([0, PORT])
    expect([slot.restarts, errors]).toEqual([1, ['shard 7 died and is started again in 500 ms']])
  })

  it.for([
    [
      'says why it cannot start',
      (thread: FakeThread): void => thread.watcher.onFailed(new NanoError('INTERNAL', 'no')),
    ],
    ['says nothing while it starts', (thread: FakeThread): void => void (thread.silentMs = START_SILENCE_MS)],
    ['ends while it starts', (thread: FakeThread): void => thread.exit()],
  ] as const)('whose first thread %s does not open', async ([, act], { expect }) => {
    const { slot, threads, opened } = open()
    act(threads[0]!)
    slot.expectLife(1000)
    if (!threads[0]!.hasExited) {
      expect(threads[0]!.orders).toEqual(['terminate'])
      threads[0]!.exit()
    }
    await expect(opened).rejects.toThrow(
      /^(no|shard 7 has not answered for 30000 ms|shard 7 ended while it started)$/,
    )
    vi.advanceTimersByTime(PAUSED_MS)
    expect(threads).toHaveLength(1)
    await slot.close()
  })

  it('waits longer each time that a thread does not start, and says why', ({ expect }) => {
    const { slot, threads, errors, refuse } = open()
    threads[0]!.watcher.onReady(PORT)
    threads[0]!.exit()
    vi.advanceTimersByTime(500)
    threads[1]!.watcher.onFailed(new NanoError('INTERNAL', 'no memory'))
    threads[1]!.exit()
    refuse(1)
    vi.advanceTimersByTime(1000)
    vi.advanceTimersByTime(2000)
    // a start that took long is no good life
    vi.advanceTimersByTime(100_000)
    threads[2]!.silentMs = START_SILENCE_MS
    slot.expectLife(1000)
    threads[2]!.exit()
    expect(errors).toEqual([
      'shard 7 died and is started again in 500 ms',
      'shard 7 did not start (no memory) and is started again in 1000 ms',
      'shard 7 did not start (ERR_WORKER_INIT_FAILED) and is started again in 2000 ms',
      'shard 7 has not answered for 30000 ms and is ended',
      'shard 7 did not start (shard 7 has not answered for 30000 ms) and is started again in 4000 ms',
    ])
  })

  it('drains a thread when it closes, and ends one that takes too long', async ({ expect }) => {
    const { slot, threads, errors } = open()
    threads[0]!.watcher.onReady(PORT)
    const closed = slot.close()
    expect([slot.isListening, slot.working, threads[0]!.orders]).toEqual([false, threads[0], ['stop']])
    vi.advanceTimersByTime(GRACE_MS + STOP_MS)
    expect(threads[0]!.orders).toEqual(['stop', 'terminate'])
    vi.advanceTimersByTime(STOP_MS)
    await closed
    expect(errors).toEqual(['shard 7 cannot be ended: start the process again'])
  })
})

type State = 'empty' | 'starting' | 'listening' | 'draining' | 'condemned' | 'waiting'

/** What may happen to a thread; `late`: not to the latest one but to one before. */
const actions = oneof(
  record({ what: constantFrom('ready', 'failed', 'exit'), late: nat(2) }),
  record({ what: constantFrom('silence', 'pause', 'close'), late: constant(0) }),
)

/** What becomes of the slot by what its present thread does, or by what is done to it. */
const NEXT: Readonly<Record<string, Partial<Record<State, State>>>> = {
  ready: { starting: 'listening' },
  failed: { starting: 'condemned' },
  silence: { starting: 'condemned', listening: 'condemned' },
  pause: { waiting: 'starting', draining: 'condemned' },
  close: { starting: 'condemned', listening: 'draining', waiting: 'empty' },
}

it('a slot in any order of events has one thread at most, and is where its present thread brought it', async ({
  expect,
}) => {
  const run = asyncProperty(array(actions, { maxLength: 40 }), async (script) => {
    const { slot, threads, opened } = open()
    opened.catch(() => undefined)
    const model = { state: 'starting' as State, hasListened: false, isClosed: false }
    let closed: Promise<void> | undefined
    for (const { what, late } of script) {
      const thread = threads.at(-1 - late)
      if (thread === undefined) continue
      // a thread that is no more can have said something that comes now, also that it exited
      const isPresent = late === 0 && !thread.hasExited
      if (what === 'ready') thread.watcher.onReady(PORT)
      else if (what === 'failed') thread.watcher.onFailed(new NanoError('INTERNAL', 'failed'))
      else if (what === 'exit') thread.exit()
      else if (what === 'silence') {
        for (const each of threads) each.silentMs = START_SILENCE_MS
        slot.expectLife(1000)
        for (const each of threads) each.silentMs = 0
      } else if (what === 'pause') vi.advanceTimersByTime(GRACE_MS + STOP_MS)
      else closed = slot.close()

      if (what === 'close') model.isClosed = true
      const isHeard = isPresent || what === 'silence' || what === 'pause' || what === 'close'
      if (what === 'exit' && isPresent) {
        model.state = model.hasListened && !model.isClosed ? 'waiting' : 'empty'
      } else if (isHeard) model.state = NEXT[what]?.[model.state] ?? model.state
      if (model.state === 'listening') model.hasListened = true

      const living = threads.filter(({ hasExited }) => !hasExited)
      const hasThread = model.state !== 'empty' && model.state !== 'waiting'
      expect([living.length, slot.isListening]).toEqual([hasThread ? 1 : 0, model.state === 'listening'])
      const works = model.state === 'listening' || model.state === 'draining'
      expect(slot.working).toBe(works ? living[0] : undefined)
      expect(slot.restarts).toBe(threads.length - 1)
      expect(living[0]?.orders.includes('terminate') ?? false).toBe(model.state === 'condemned')
    }
    for (const thread of threads) if (!thread.hasExited) thread.exit()
    closed ??= slot.close()
    await closed
    vi.advanceTimersByTime(PAUSED_MS)
    expect([threads.filter(({ hasExited }) => !hasExited), vi.getTimerCount()]).toEqual([[], 0])
  })
  await assert(run, { numRuns: 2000 })
})
