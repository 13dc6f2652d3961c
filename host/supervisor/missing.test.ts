/** How long a shard may be missing before others begin its objects. */

import { afterEach, beforeEach, describe, it, vi } from 'vitest'

import { Missing } from './missing.ts'

const LOST_MS = 1000

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function open() {
  const told: number[] = []
  const missing = new Missing({ lostMs: LOST_MS, onLost: (place) => void told.push(place) })
  return { missing, told }
}

describe('a shard', () => {
  it('is lost when it has been missing for too long, and until it is back', ({ expect }) => {
    const { missing, told } = open()
    missing.listens(0)
    missing.listens(1)
    missing.ended(1, 500)
    vi.advanceTimersByTime(LOST_MS - 1)
    expect([told, [...missing.lost]]).toEqual([[], []])
    vi.advanceTimersByTime(1)
    expect([told, [...missing.lost]]).toEqual([[1], [1]])
    missing.listens(1)
    vi.advanceTimersByTime(LOST_MS * 2)
    expect([told, [...missing.lost]]).toEqual([[1], []])
  })

  it('is not lost when it is back in time, and has as long the next time', ({ expect }) => {
    const { missing, told } = open()
    missing.listens(1)
    for (let i = 0; i < 3; i++) {
      missing.ended(1, 500)
      vi.advanceTimersByTime(LOST_MS - 1)
      missing.listens(1)
    }
    missing.ended(1, 500)
    vi.advanceTimersByTime(LOST_MS - 1)
    expect(told).toEqual([])
  })

  it('gets no more time by successors that do not start', ({ expect }) => {
    const { missing, told } = open()
    missing.listens(1)
    missing.ended(1, 500)
    vi.advanceTimersByTime(LOST_MS - 100)
    missing.ended(1, 800)
    vi.advanceTimersByTime(100)
    missing.ended(1, 900)
    vi.advanceTimersByTime(LOST_MS * 2)
    expect(told).toEqual([1])
  })

  it('is lost at once when its successor starts too late', ({ expect }) => {
    const { missing, told } = open()
    missing.listens(1)
    missing.ended(1, LOST_MS)
    expect(told).toEqual([1])
    missing.listens(1)
    missing.ended(1, 500)
    missing.ended(1, LOST_MS)
    vi.advanceTimersByTime(LOST_MS * 2)
    expect(told).toEqual([1, 1])
  })

  it('is not lost before it has ever listened, nor when the server has ended', ({ expect }) => {
    const { missing, told } = open()
    missing.ended(0, LOST_MS)
    missing.listens(1)
    missing.ended(1, 500)
    missing[Symbol.dispose]()
    missing.ended(1, LOST_MS)
    vi.advanceTimersByTime(LOST_MS * 2)
    expect(told).toEqual([])
  })
})
