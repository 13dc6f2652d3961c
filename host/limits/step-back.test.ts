import { once } from 'node:events'
import { getPriority } from 'node:os'
import { Worker } from 'node:worker_threads'

import { expect, test } from 'vitest'

const MODULE = new URL('step-back.ts', import.meta.url).href
const CODE = `
import { execFileSync } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { getPriority } from 'node:os'
import { basename } from 'node:path'
import { parentPort } from 'node:worker_threads'
const { stepBack } = await import(${JSON.stringify(MODULE)})
stepBack()
const own = getPriority(Number(basename(readlinkSync('/proc/thread-self'))))
parentPort.postMessage({ own, child: Number(execFileSync('nice', { encoding: 'utf8' })) })
`

test.runIf(process.platform === 'linux')(
  'a thread steps back, with what it starts, and no other one',
  async () => {
    const before = getPriority()
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(CODE)}`))
    const [said] = (await once(worker, 'message')) as [{ own: number; child: number }]
    const expected = Math.max(5, before)
    expect(said).toEqual({ own: expected, child: expected })
    expect(getPriority()).toBe(before)
  },
)
