/**
 * Web Cryptography (wit/crypto.wit) by Node's own, off the shard's thread.
 *
 *     parameters, start  >  the turn ends  >  the tenant's line of jobs  >  keys opened, call made, paid for  >  crypto-done
 *                                                                     [refused: its processor time is used up]
 *
 * A call is paid for by the request that made it when it is done, by a part of the time that it took, and by no more than such
 * a call may take: the shard hears of the end only when its thread has time. Since none can be stopped, those that would take
 * much longer than a request may are not begun.
 */
import { createHash, type Hash } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type * as Wit from '../../wit/types/host/interfaces/nano-workers-crypto.d.ts'
import type { Account } from '../limits/account.ts'
import { Holding, QUEUED_COST } from '../limits/byte-budget.ts'
import { NumberTable } from '../limits/number-table.ts'
import type { Binding, BindingContext, GuestEvent } from './binding.ts'
import { importAtOnce, signAtOnce } from './crypto-at-once.ts'
import { type CryptoCall, CryptoDraft, toText } from './crypto-call.ts'
import { toExpectedMs } from './crypto-cost.ts'
import { openKeys, runCall, toFailure } from './crypto-run.ts'
import { compute, type Digests } from './node-crypto.ts'
import { KeyVault } from './key-vault.ts'

/** Calls of one instance that are not done. */
const MOST_CALLS = 1000
/** Digests of one instance that are not finished; beyond them the oldest is given up. */
const MOST_DIGESTS = 256
/** So many times its `cpu_ms` a call may be expected to take. */
const LONGEST = 10
/** What a call took counts up to so many times what was expected: to make an RSA key is a matter of luck. */
const MOST_LUCK = 2
/** What a millisecond on a thread of the pool costs of those of the shard's thread, which `cpu_ms` is about: there are four. */
const POOL_PRICE = 1 / 4

/** Digests that can be made in parts, by the standard's name for them. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['MD5', 'md5'],
  ['SHA-1', 'sha1'],
  ['SHA-256', 'sha256'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
])

const NOTHING = new Uint8Array(0)

const TOO_MANY =
  'OperationError\ntoo many calls of crypto.subtle are not done, or the host would have to hold more than it may'
const USED_UP = 'OperationError\nthe request has used up its processor time'
const GIVEN_UP = 'OperationError\nthe digest was given up, as too many others were begun'

type Services = Pick<BindingContext, 'mailbox' | 'meter' | 'accounts' | 'buffers' | 'jobs' | 'cpuMs'>

/** A call, and who pays for it. */
interface Started {
  /** Tells it from the others. */
  readonly number: number
  readonly call: CryptoCall
  readonly account: Account
}

/** The calls of an instance. */
export class CryptoBinding implements Binding {
  readonly #services: Services
  readonly #vault: KeyVault
  /** For what is on its way to the guest. */
  readonly #holding: Holding
  readonly #digests = new Map<number, Hash>()
  /** Those of `node:crypto`. */
  readonly #parts: Digests = new Map()
  /** What each event on its way costs. */
  readonly #posted = new WeakMap<GuestEvent, number>()
  #draft: CryptoDraft
  /** In this turn. */
  #started: Started[] = []
  /** Calls that are not done. */
  readonly #open = new NumberTable<CryptoCall>()
  #lastNumber = 0
  #isOver = false

  constructor(services: Services) {
    this.#services = services
    this.#vault = new KeyVault(services.buffers)
    this.#draft = new CryptoDraft(services.buffers)
    this.#holding = new Holding(services.buffers)
  }

  /** The functions that the guest calls. */
  readonly imports = {
    text: (subject: Wit.Subject, field: Wit.Field, value: Uint8Array): void => {
      this.#meet().text(subject, field, value)
    },
    number: (subject: Wit.Subject, field: Wit.Field, value: number): void => {
      this.#meet().number(subject, field, value)
    },
    bytes: (subject: Wit.Subject, field: Wit.Field, value: Uint8Array): void => {
      this.#meet().bytes(subject, field, value)
    },
    key: (subject: Wit.Subject, field: Wit.Field, sealed: Uint8Array): void => {
      this.#meet().key(subject, field, sealed)
    },
    start: (
      id: number,
      operation: Wit.Operation,
      algorithm: Uint8Array,
      sealed: Uint8Array,
      data: Uint8Array,
    ): void => {
      const draft = this.#meet()
      const { accounts, buffers } = this.#services
      this.#draft = new CryptoDraft(buffers)
      const account = accounts.takeJob(performance.now())
      const call = draft.finish(id, operation, algorithm, { sealed, data })
      if (call === undefined || this.#open.size >= MOST_CALLS) {
        call?.holding.release()
        return this.#post({ id, value: { tag: 'failed', val: TOO_MANY } }, account)
      }
      const number = ++this.#lastNumber
      this.#open.set(number, call)
      this.#started.push({ number, call, account })
    },
    make: (
      operation: Wit.Operation,
      hash: Uint8Array,
      sealed: Uint8Array,
      data: Uint8Array,
      signature: Uint8Array,
    ): Uint8Array => {
      this.#services.meter.crossings++
      return signAtOnce(this.#vault, sealed, { operation, hash, data, signature })
    },
    importSecret: (
      algorithm: Uint8Array,
      usages: Uint8Array,
      extractable: boolean,
      secret: Uint8Array,
    ): Uint8Array => {
      this.#services.meter.crossings++
      const key = importAtOnce(algorithm, usages, secret)
      return key === undefined ? NOTHING : toBytes(this.#vault.seal(key, extractable))
    },
    compute: (call: Uint8Array, key: Uint8Array, data: Uint8Array, other: Uint8Array): Uint8Array => {
      this.#services.meter.crossings++
      return compute(call, [key, data, other], this.#parts)
    },
    digestWrite: (id: number, algorithm: Uint8Array, bytes: Uint8Array): void => {
      this.#services.meter.crossings++
      let hash = this.#digests.get(id)
      if (hash === undefined) {
        const name = HASHES.get(toText(algorithm))
        if (name === undefined) return void this.#services.meter.ignored++
        if (this.#digests.size >= MOST_DIGESTS) this.#digests.delete(this.#digests.keys().next().value!)
        hash = createHash(name)
        this.#digests.set(id, hash)
      }
      hash.update(bytes)
    },
    digestFinish: (id: number): void => {
      this.#services.meter.crossings++
      const hash = this.#digests.get(id)
      this.#digests.delete(id)
      const value: Wit.CryptoValue =
        hash === undefined ? { tag: 'failed', val: GIVEN_UP } : { tag: 'bytes', val: hash.digest() }
      this.#post({ id, value }, this.#services.accounts.takeJob(performance.now()))
    },
  } satisfies typeof Wit

  flush(): void {
    if (!this.#draft.isEmpty) {
      this.#draft[Symbol.dispose]()
      this.#draft = new CryptoDraft(this.#services.buffers)
    }
    if (this.#started.length === 0) return
    const started = this.#started
    this.#started = []
    for (const each of started) {
      this.#services.jobs.run(toExpectedMs(each.call), () => this.#run(each))
    }
  }

  /** An event has reached the guest. */
  delivered(event: GuestEvent): void {
    const cost = this.#posted.get(event)
    if (cost === undefined) return
    this.#posted.delete(event)
    this.#holding.add(-cost)
  }

  isPending(): boolean {
    return this.#open.size > 0
  }

  /** Nobody is there to use a key. */
  rest(): void {
    this.#vault.close()
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    this.#started = []
    this.#draft[Symbol.dispose]()
    for (const call of this.#open.values()) call.holding.release()
    this.#open.clear()
    this.#digests.clear()
    this.#parts.clear()
    this.#vault.close()
    this.#holding.release()
  }

  #meet(): CryptoDraft {
    this.#services.meter.crossings++
    return this.#draft
  }

  /** Never rejects. */
  async #run({ number, call, account }: Started): Promise<void> {
    if (this.#isOver) return
    const begun = performance.now()
    const { accounts, meter } = this.#services
    const isUsedUp = accounts.waitMs(account.number, begun) > 0
    const { value, mostMs } = isUsedUp
      ? { value: { tag: 'failed', val: USED_UP } as const, mostMs: 0 }
      : await this.#make(call)
    if (this.#isOver) return
    const now = performance.now()
    const ms = POOL_PRICE * Math.min(now - begun, mostMs)
    accounts.chargeJob(account, ms, now)
    meter.cpuMs += ms
    this.#open.delete(number)
    call.holding.release()
    this.#post({ id: call.id, value }, account)
  }

  /** The outcome, and the most that it may have taken. */
  async #make(call: CryptoCall): Promise<{ value: Wit.CryptoValue; mostMs: number }> {
    let expectedMs = toExpectedMs(call)
    try {
      const keys = openKeys(call, this.#vault)
      expectedMs = toExpectedMs(call, keys)
      requireTime(expectedMs, this.#services.cpuMs)
      return { value: await runCall(call, keys, this.#vault), mostMs: MOST_LUCK * expectedMs }
    } catch (error) {
      return { value: toFailure(error), mostMs: MOST_LUCK * expectedMs }
    }
  }

  #post(outcome: Wit.CryptoOutcome, account: Account): void {
    if (this.#isOver) return
    const event: GuestEvent = { tag: 'crypto-done', val: outcome }
    const cost = QUEUED_COST + (outcome.value.tag === 'bytes' ? outcome.value.val.length : 0)
    if (this.#holding.add(cost)) this.#posted.set(event, cost)
    this.#services.mailbox.post(event, account.number)
  }
}

/** As wit/crypto.wit says it: the length of the sealed key, the key, its description. */
function toBytes({ sealed, description }: Wit.CryptoKey): Uint8Array {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(sealed.length)
  return Buffer.concat([length, sealed, Buffer.from(description)])
}

function requireTime(expectedMs: number, cpuMs: number): void {
  if (expectedMs <= LONGEST * cpuMs) return
  const got = `would take some ${Math.round(expectedMs)} ms of processor time`
  throw new DOMException(
    `expected a call that takes at most ${LONGEST} times the app's cpu_ms (${cpuMs}), this one ${got}`,
    'OperationError',
  )
}

export const bind = (context: BindingContext): CryptoBinding => new CryptoBinding(context)
