/**
 * An instance runs whatever engine there is: here one without WebAssembly code, whose guest is a function. What an instance
 * asks of an engine is in `engine/guest.ts`, and nothing else.
 */
import { describe, it } from 'vitest'
import { openDialer } from '../bindings/dialer.ts'
import type { GuestEvent } from '../bindings/binding.ts'
import { DEFAULT_LIMITS } from '../config/limits.ts'
import type { Bindings, Engine } from '../engine/guest.ts'
import { Spares } from '../engine/spares.ts'
import { ByteBudget } from '../limits/byte-budget.ts'
import { CpuClock } from '../limits/cpu-clock.ts'
import { JobPool } from '../limits/job-pool.ts'
import { Epoch } from '../limits/epoch.ts'
import { splitImage } from '../image/image.ts'
import type { Death, InstanceHost, RequestContext } from './contract.ts'
import { DEAF } from './deaf-host.ts'
import { Instance } from './turn.ts'
import { warmUp } from './warm-up.ts'

const encoder = new TextEncoder()
const NOTHING = new Uint8Array(0)

/** `take`: the guest. */
function toEngine(take: (event: GuestEvent, host: Bindings) => void, isFull = false): Engine {
  return {
    hash: 'of functions',
    leastMemoryMb: 1,
    warmUpMs: 5,
    spares: new Spares((memory) => ({
      memory,
      admit: (bindings) => ({
        turn: (_source, events) => {
          for (const event of events) take(event, bindings)
        },
        isFull: () => isFull,
      }),
      clear() {},
    })),
  }
}

function toParts(engine: Engine) {
  const image = splitImage([], 1)
  return { engine, image, env: { A: { type: 'text' as const, value: 'b' } }, limits: DEFAULT_LIMITS }
}

/** Asks an instance of it once. */
function ask(engine: Engine): { said: string[]; death: Death | undefined } {
  const said: string[] = []
  let death: Death | undefined
  using dialer = openDialer({ allow: [] })
  const host: InstanceHost = {
    ...DEAF,
    dialer,
    epoch: new Epoch(),
    buffers: new ByteBudget(1024),
    clock: new CpuClock(),
    jobs: new JobPool().open(),
    onDead: (dead) => void (death = dead),
  }
  const port: RequestContext = {
    cpuMs: 0,
    send: (status, _headers, body) => void said.push(`${status} ${new TextDecoder().decode(body)}`),
    start() {},
    upgrade() {},
    write: () => true,
    finish() {},
    threw: (error) => void said.push(error),
    fail: (code) => void said.push(code),
    again: (code) => void said.push(code),
    pullBody() {},
    cancelBody() {},
  }
  const instance = new Instance(1, toParts(engine), host)
  const head = { method: 'GET', url: 'http://a.test/', headers: '', hasBody: false, client: 'c' }
  instance.open({ id: 'r', ...head }, port)
  host.clock.begin()
  instance.run()
  const before = death
  instance[Symbol.dispose]()
  return { said, death: before }
}

describe('an instance of any engine', () => {
  it('starts, is asked and answers', ({ expect }) => {
    const seen: string[] = []
    const engine = toEngine((event, host) => {
      seen.push(event.tag)
      if (event.tag === 'request') {
        host['nano:workers/response'].send(event.val.id, 200, NOTHING, encoder.encode(event.val.url))
      }
    })
    expect(ask(engine)).toEqual({ said: ['200 http://a.test/'], death: undefined })
    expect(seen).toEqual(['startup', 'request'])
  })

  it.for([
    [true, 'APP_MEMORY_LIMIT'],
    [false, 'APP_TRAPPED'],
  ] as const)('falls for want of memory when the guest says so: %s, %s', ([isFull, code], { expect }) => {
    const engine = toEngine(() => {
      throw new WebAssembly.RuntimeError('unreachable')
    }, isFull)
    expect(ask(engine)).toMatchObject({ said: [code], death: { code } })
  })

  it('is warmed up in the time that the engine asks for', ({ expect }) => {
    const seen: string[] = []
    expect(warmUp(toParts(toEngine(({ tag }) => void seen.push(tag))), new Epoch())).toBe(true)
    expect(seen).toEqual(['startup', 'timer-due'])
    const broken = toEngine(() => {
      throw new Error('cold')
    })
    expect(warmUp(toParts(broken), new Epoch())).toBe(false)
  })
})
