/** Records of requests on their way: many at once, never more than the bound, and none lost unsaid. */

import { describe, it } from 'vitest'

import { unpackEntries } from './request-facts.ts'
import type { RequestRecord } from './request-facts.ts'
import { RequestLog } from './request-log.ts'
import type { RecordBatch } from './request-log.ts'

const RECORD: RequestRecord = {
  time: 5,
  app: 'shop',
  version: 3,
  request: 'r',
  method: 'GET',
  path: '/',
  status: 200,
  bytes: 12,
  ms: 1.5,
  cpuMs: 0.5,
  isCold: true,
  client: '192.0.2.7',
  httpMinor: 1,
  trace: undefined,
  userAgent: 'test',
  referer: undefined,
}

function open(count: number) {
  const batches: RecordBatch[] = []
  const log = new RequestLog((batch) => void batches.push(structuredClone(batch)))
  for (let i = 0; i < count; i++) log.write({ ...RECORD, request: String(i) })
  const ids = () => batches.flatMap(({ packed }) => [...unpackEntries(packed)].map(({ request }) => request))
  return { log, batches, ids }
}

describe('the log of requests', () => {
  it('brings each record as it was', ({ expect }) => {
    const { log, batches } = open(1)
    log[Symbol.dispose]()
    const { time, app, version, request, ...facts } = RECORD
    expect([...unpackEntries(batches[0]!.packed)]).toEqual([
      { time, level: 'info', app, version, request: '0', text: 'GET / 200', facts },
    ])
    expect(request).toBe('r')
  })

  it('sends many in one message, and the next when that is taken', ({ expect }) => {
    const { log, batches, ids } = open(1000)
    expect(batches.length).toBe(1)
    log.taken()
    expect(batches.length).toBe(2)
    // too few to be worth a message of their own
    log.write(RECORD)
    log.taken()
    expect(batches.length).toBe(2)
    log[Symbol.dispose]()
    expect(ids().length).toBe(1001)
  })

  it('holds a bounded number for a main thread that does not take them, and says how many it dropped', ({
    expect,
  }) => {
    const { log, batches, ids } = open(100_000)
    expect(batches.length).toBe(1)
    log.taken()
    const kept = ids().length
    expect(kept).toBeLessThan(10_000)
    expect(batches.map(({ dropped }) => dropped)).toEqual([0, 100_000 - kept])
    expect(ids().slice(0, 3)).toEqual(['0', '1', '2'])
  })
})
