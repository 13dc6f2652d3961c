/**
 * Keys and calls of `crypto.subtle` as a hostile guest may ask for them: what is sealed is of one instance alone, what is said
 * is bounded, what takes too long is not begun, and nothing is held for what is over.
 */
import { generateKeySync, webcrypto } from 'node:crypto'
import { describe, test } from 'vitest'

import { Accounts } from '../limits/accounts.ts'
import { ByteBudget } from '../limits/byte-budget.ts'
import { JobPool } from '../limits/job-pool.ts'
import { NO_METER, type GuestEvent } from './binding.ts'
import { CryptoBinding } from './crypto.ts'
import { KeyVault } from './key-vault.ts'

const MIB = 1024 * 1024
const CPU_MS = 200
const BACKGROUND_MS = 1000
const NOTHING = new Uint8Array(0)
const { subtle } = webcrypto
const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

/** Algorithms, and what their keys are for. */
const MADE: [algorithm: object & { name: string }, usages: webcrypto.KeyUsage[]][] = [
  [
    {
      name: 'RSA-PSS',
      modulusLength: 1024,
      publicExponent: Uint8Array.of(1, 0, 1),
      hash: 'SHA-256',
    } as never,
    ['sign', 'verify'],
  ],
  [
    {
      name: 'RSA-OAEP',
      modulusLength: 1024,
      publicExponent: Uint8Array.of(1, 0, 1),
      hash: 'SHA-512',
    } as never,
    ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'],
  ],
  [{ name: 'ECDSA', namedCurve: 'P-256' } as never, ['sign', 'verify']],
  [{ name: 'ECDH', namedCurve: 'P-521' } as never, ['deriveKey', 'deriveBits']],
  [{ name: 'Ed25519' }, ['sign', 'verify']],
  [{ name: 'X25519' }, ['deriveBits']],
  [{ name: 'AES-GCM', length: 256 } as never, ['encrypt', 'decrypt']],
  [{ name: 'AES-KW', length: 128 } as never, ['wrapKey', 'unwrapKey']],
  [{ name: 'HMAC', hash: 'SHA-256', length: 13 } as never, ['sign', 'verify']],
]

function makeBinding(buffers = new ByteBudget(MIB)) {
  const events: GuestEvent[] = []
  const waiting: ((event: GuestEvent) => void)[] = []
  const accounts = new Accounts(
    {
      cpuMs: CPU_MS,
      scheduledCpuMs: 10,
      scheduledTurnMs: 10,
      subrequests: 1,
      dataCalls: 1,
      backgroundMs: BACKGROUND_MS,
    },
    { onLimit() {}, onClosed() {} },
  )
  const cpu = { cpuMs: 0 }
  accounts.open(1, { id: 'r', headers: '', client: 'c' }, cpu)
  accounts.begin([1])
  const meter = { ...NO_METER }
  const binding = new CryptoBinding({
    mailbox: {
      post: (event) => {
        events.push(event)
        waiting.shift()?.(event)
      },
    },
    meter,
    accounts,
    buffers,
    jobs: new JobPool().open(),
    cpuMs: CPU_MS,
  })
  const next = (): Promise<GuestEvent> => new Promise((resolve) => waiting.push(resolve))
  return { binding, events, next, buffers, accounts, cpu, ...binding.imports }
}

const failureOf = (event: GuestEvent | undefined): string | undefined =>
  event?.tag === 'crypto-done' && event.val.value.tag === 'failed'
    ? event.val.value.val.split('\n')[0]
    : undefined

describe('a sealed key', () => {
  test.for(MADE)(
    'of $0.name is the same when it is opened again',
    async ([algorithm, usages], { expect }) => {
      const made = await subtle.generateKey(algorithm, true, usages)
      const vault = new KeyVault(new ByteBudget(MIB))
      for (const key of 'privateKey' in made ? [made.privateKey, made.publicKey] : [made]) {
        const { sealed, description } = vault.seal(key, false)
        vault.close()
        const open = vault.open(sealed)
        expect(open.extractable).toBe(false)
        expect([open.key.type, open.key.algorithm, open.key.usages]).toEqual([
          key.type,
          key.algorithm,
          key.usages,
        ])
        expect(JSON.parse(description)).toMatchObject({
          type: key.type,
          usages: key.usages,
          extractable: false,
        })
      }
    },
  )

  test('of what can only be derived from is the same, too', async ({ expect }) => {
    const vault = new KeyVault(new ByteBudget(MIB))
    for (const name of ['HKDF', 'PBKDF2']) {
      const key = await subtle.importKey('raw', encode('password'), name, false, ['deriveBits'])
      const { sealed } = vault.seal(key, false)
      vault.close()
      expect(vault.open(sealed).key.algorithm).toEqual({ name })
    }
  })

  test('is opened by no other vault, nor when a bit of it is another', async ({ expect }) => {
    const key = await subtle.importKey('raw', encode('password'), 'PBKDF2', false, ['deriveBits'])
    const [own, other] = [new KeyVault(new ByteBudget(MIB)), new KeyVault(new ByteBudget(MIB))]
    const { sealed } = own.seal(key, false)
    own.close()
    expect(() => other.open(sealed)).toThrow('expected a key that this instance made')
    // one of its own, so that it has a secret
    other.seal(key, false)
    other.close()
    expect(() => other.open(sealed)).toThrow('expected a key that this instance made')
    for (let i = 0; i < sealed.length; i++) {
      const changed = Uint8Array.from(sealed)
      changed[i]! ^= 1
      expect(() => own.open(changed)).toThrow('expected a key that this instance made')
    }
    expect(() => own.open(sealed.subarray(0, 10))).toThrow('expected a key that this instance made')
  })

  test('costs the host nothing once enough others were used', async ({ expect }) => {
    const buffers = new ByteBudget(100 * 1024)
    const vault = new KeyVault(buffers)
    const keys = []
    for (let i = 0; i < 200; i++) {
      const raw = generateKeySync('aes', { length: 128 }).export()
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const key = await subtle.importKey('raw', raw, 'AES-GCM', true, ['encrypt'])
      keys.push({ raw, ...vault.seal(key, true) })
    }
    expect(buffers.held).toBeLessThanOrEqual(100 * 1024)
    for (const { raw, sealed } of keys) {
      // oxlint-disable-next-line no-await-in-loop
      const open = vault.open(sealed)
      // oxlint-disable-next-line no-await-in-loop
      expect(Buffer.from(await subtle.exportKey('raw', open.key))).toEqual(raw)
    }
    vault.close()
    expect(buffers.held).toBe(0)
  })
})

describe('a call', () => {
  test('is made after the turn, paid for, and told of', async ({ expect }) => {
    const { binding, text, start, next, events, buffers, cpu } = makeBinding()
    text('algorithm', 'hash', encode('SHA-256'))
    start(7, 'digest', encode('SHA-256'), NOTHING, encode('abc'))
    expect(events).toEqual([])
    const done = next()
    binding.flush()
    expect(binding.isPending()).toBe(true)
    const event = await done
    expect(event).toMatchObject({ tag: 'crypto-done', val: { id: 7, value: { tag: 'bytes' } } })
    expect(cpu.cpuMs).toBeGreaterThan(0)
    expect([binding.isPending(), buffers.held > 0]).toEqual([false, true])
    binding.delivered(event)
    expect(buffers.held).toBe(0)
  })

  test.for<[string, (guest: ReturnType<typeof makeBinding>) => void, string]>([
    [
      'of more parameters than any has',
      (guest) => {
        for (let i = 0; i < 100; i++) guest.text('call', 'key-usages', encode('sign'))
        guest.start(1, 'generate-key', encode('Ed25519'), NOTHING, NOTHING)
      },
      'OperationError',
    ],
    [
      'with more bytes than the host may hold',
      (guest) => {
        for (let i = 0; i < 10; i++) guest.bytes('algorithm', 'salt', new Uint8Array(MIB / 4))
        guest.start(1, 'digest', encode('SHA-256'), NOTHING, NOTHING)
      },
      'OperationError',
    ],
    [
      'with what is no key',
      (guest) => guest.start(1, 'sign', encode('HMAC'), new Uint8Array(100), NOTHING),
      'InvalidAccessError',
    ],
    ['without a key', (guest) => guest.start(1, 'sign', encode('HMAC'), NOTHING, NOTHING), 'TypeError'],
    [
      'with a number for a name',
      (guest) => {
        guest.number('algorithm', 'hash', 1)
        guest.text('call', 'format', encode('raw'))
        guest.start(1, 'import-key', encode('HMAC'), NOTHING, encode('abc'))
      },
      'NotSupportedError',
    ],
    [
      'with text for bytes',
      (guest) => {
        guest.text('algorithm', 'public-exponent', encode('3'))
        guest.start(1, 'generate-key', encode('RSA-PSS'), NOTHING, NOTHING)
      },
      'TypeError',
    ],
    [
      'of an algorithm that is none',
      (guest) => guest.start(1, 'digest', encode('__proto__'), NOTHING, NOTHING),
      'NotSupportedError',
    ],
    [
      'for an RSA key that is too large',
      (guest) => {
        guest.number('algorithm', 'modulus-length', 16_384)
        guest.start(1, 'generate-key', encode('RSA-PSS'), NOTHING, NOTHING)
      },
      'OperationError',
    ],
    [
      'that would take too long',
      (guest) => {
        guest.number('algorithm', 'iterations', 100_000_000)
        guest.start(1, 'derive-bits', encode('PBKDF2'), NOTHING, NOTHING)
      },
      'OperationError',
    ],
  ])('%s ends in an error, and nothing is held for it', async ([, ask, name], { expect }) => {
    const guest = makeBinding()
    const done = guest.next()
    ask(guest)
    guest.binding.flush()
    const event = await done
    expect(failureOf(event)).toBe(name)
    guest.binding.delivered(event)
    expect(guest.buffers.held).toBe(0)
  })

  test('that would be one too many is refused, and so is one of a request that has used up its time', async ({
    expect,
  }) => {
    const { binding, start, events, accounts, next } = makeBinding(new ByteBudget(100 * MIB))
    for (let id = 0; id <= 1000; id++) start(id, 'digest', encode('SHA-256'), NOTHING, NOTHING)
    expect(events.map(failureOf)).toEqual(['OperationError'])
    const now = performance.now()
    accounts.chargeJob(accounts.takeJob(now), 10_000, now)
    const done = next()
    binding.flush()
    expect(failureOf(await done)).toBe('OperationError')
    binding[Symbol.dispose]()
  })

  test('of an instance that is gone is told to nobody, and nothing is held', async ({ expect }) => {
    const { binding, start, bytes, digestWrite, events, buffers } = makeBinding()
    for (let id = 0; id < 20; id++) start(id, 'digest', encode('SHA-256'), NOTHING, new Uint8Array(100))
    binding.flush()
    bytes('algorithm', 'iv', new Uint8Array(1000))
    digestWrite(30, encode('SHA-256'), encode('abc'))
    binding[Symbol.dispose]()
    expect(buffers.held).toBe(0)
    for (let i = 0; i < 20; i++) await new Promise(setImmediate)
    expect([events, buffers.held]).toEqual([[], 0])
  })
})

describe('digests in parts', () => {
  test('of any number leave the host the latest of them', ({ expect }) => {
    const { digestWrite, digestFinish, events } = makeBinding()
    for (let id = 0; id < 1000; id++) digestWrite(id, encode('SHA-256'), encode('abc'))
    digestFinish(0)
    digestFinish(999)
    expect(events.map((event) => failureOf(event) ?? 'made')).toEqual(['OperationError', 'made'])
  })
})
