/**
 * Calls of apps, and of their Durable Objects, on other hosts of the fleet: a remote host is another shard, behind a link over NATS in place of a port (home/peer.ts has
 * what goes over it: flow, costs, ends).
 *
 *     call  >  a link to the host, opened with the first call [FLEET_UNAVAILABLE, OBJECT_UNREACHABLE]
 *          >  there: may this app call that one? [CALL_UNKNOWN]  >  its front, or its object, as a client's request
 *                                                                   the link is lost [SHUTTING_DOWN]
 *
 * Of each host one shard takes a link, whichever NATS gives it to; homes do the rest there.
 */

import { randomUUID } from 'node:crypto'

import type { Answerer } from '../calls/calls.ts'
import type { FleetSettings } from '../config/fleet-settings.ts'
import type { FleetConnection } from '../fleet/connection.ts'
import type { Link } from '../fleet/link.ts'
import type { Seal } from '../fleet/seal.ts'
import { openConnection } from '../fleet/open-connection.ts'
import { decodeBetween, encodeBetween } from '../home/between-codec.ts'
import type { Taker } from '../home/handed-over.ts'
import type { Between } from '../home/messages.ts'
import { Peer } from '../home/peer.ts'
import type { Call, RequestHead } from '../http/request-head.ts'
import type { RequestTrace } from '../http/request-trace.ts'
import type { TraceContext } from '../http/trace-context.ts'
import type { ObjectFacts } from '../instance/contract.ts'
import { ByteBudget } from '../limits/byte-budget.ts'
import { NOBODY } from '../tenant/exchange.ts'
import type { Exchange, ExchangeListener } from '../tenant/exchange.ts'
import { Opening } from '../tenant/opening.ts'

export interface RemoteCallsOptions {
  readonly settings: FleetSettings
  /** Who takes a call from another host; undefined: nobody that the caller may call. */
  find(call: Call, client: string, object: ObjectFacts | undefined): Taker | undefined
  join(trace: TraceContext | undefined): RequestTrace | undefined
  readonly log: (text: string) => void
}

const OPEN_MS = 3000
/** Links that other hosts have to this shard. */
const MOST_LINKS = 4096
/** What callees elsewhere have written and callers here have not asked for, all of them together. */
const ANSWER_BYTES = 64 * 1024 * 1024
const ID = /^[0-9a-f-]{36}$/
const HOST = /^[\w-]{1,128}$/
const MOST_CLIENT_CHARACTERS = 256

/** What is called: a host, for its apps; what lies on the disk of one, for its objects. */
export type RemoteAddress = `host.${string}` | `data.${string}`

/** What a link is asked for with. */
interface Hello {
  readonly link: string
  readonly host: string
}

export class RemoteCalls implements Disposable {
  readonly #options: RemoteCallsOptions
  readonly #buffers = new ByteBudget(ANSWER_BYTES)
  /** To other hosts, by their addresses. */
  readonly #out = new Map<string, Promise<Peer>>()
  readonly #peers = new Set<Peer>()
  #links = 0
  #connection: Promise<FleetConnection> | undefined
  #seal: Promise<Seal | undefined> | undefined
  readonly #served = new Set<RemoteAddress>()
  #isOver = false

  constructor(options: RemoteCallsOptions) {
    this.#options = options
  }

  /** Those that are there, both ways. */
  get links(): number {
    return this.#peers.size
  }

  /** Who takes calls for an app of this host. */
  answerer(host: string, app: string): Answerer {
    return {
      name: app,
      buffers: this.#buffers,
      handle: (exchange) => this.bring(`host.${host}`, exchange),
      refused: (code, request, text) => this.#options.log(`${code}: ${request}: ${text}`),
    }
  }

  /** Take calls of other hosts for this. */
  serve(address: RemoteAddress): void {
    if (this.#served.has(address)) return
    this.#served.add(address)
    void this.#listen(address).catch((error: unknown) =>
      this.#options.log(`calls of other hosts: ${String(error)}`),
    )
  }

  /** To the fleet. */
  connect(): Promise<FleetConnection> {
    this.#connection ??= openConnection(this.#options.settings, this.#options.log)
    return this.#connection
  }

  /** Have a call taken there. `object`: it is for this one. */
  bring(address: RemoteAddress, exchange: Exchange, object?: ObjectFacts): ExchangeListener {
    const opening = new Opening()
    this.#open(address).then(
      (peer) => {
        if (opening.isGone) return
        opening.to = peer.handOver(exchange, {
          deployment: 0,
          ...(object !== undefined && { object }),
          onOver: () => undefined,
          // the exchange was told
          onLost: () => undefined,
        })
      },
      (error: unknown) => {
        this.#options.log(`calls of ${address}: ${(error as Error).message}`)
        exchange.fail(object === undefined ? 'FLEET_UNAVAILABLE' : 'OBJECT_UNREACHABLE')
      },
    )
    return opening
  }

  /** Nothing new goes either way. */
  leave(): void {
    this.#isOver = true
    for (const peer of this.#peers) peer.leave()
  }

  /** What is under way fails. */
  [Symbol.dispose](): void {
    this.leave()
    for (const peer of this.#peers) peer.close()
    void this.#connection?.then((connection) => connection[Symbol.asyncDispose]())
  }

  #open(address: RemoteAddress): Promise<Peer> {
    const known = this.#out.get(address)
    if (known !== undefined) return known
    const opening = this.#say(address)
    this.#out.set(address, opening)
    opening.catch(() => this.#out.delete(address))
    return opening
  }

  async #say(address: RemoteAddress): Promise<Peer> {
    const connection = await this.connect()
    if (!connection.isConnected) await connection.firstWithin(OPEN_MS)
    const link = randomUUID()
    const [here, there] = this.#toSubjects(link)
    const opened = await this.#link(connection, { from: here, to: there, host: address })
    const hello: Hello = { link, host: this.#options.settings.host }
    try {
      await connection.client.request(this.#toInbox(address), JSON.stringify(hello), { timeout: OPEN_MS })
    } catch (cause) {
      opened.close()
      throw new Error(`it does not answer; is it up, and may one of its apps be called?`, {
        cause,
      })
    }
    const peer = this.#meet(opened)
    opened.once('close', () => this.#out.delete(address))
    return peer
  }

  async #listen(address: RemoteAddress): Promise<void> {
    const connection = await this.connect()
    await connection.first
    connection.client.subscribe(this.#toInbox(address), {
      queue: 'shards',
      callback: (error, message) => {
        if (error !== null || this.#isOver || this.#links >= MOST_LINKS) return
        const hello = readHello(message.data)
        if (hello === undefined) return
        const [there, here] = this.#toSubjects(hello.link)
        this.#links++
        this.#link(connection, { from: here, to: there, host: hello.host }).then(
          (opened) => {
            opened.once('close', () => this.#links--)
            this.#meet(opened)
            message.respond()
          },
          () => this.#links--,
        )
      },
    })
  }

  async #link(
    connection: FleetConnection,
    { from, to, host }: { from: string; to: string; host: string },
  ): Promise<Link<readonly Between[]>> {
    const { Link } = await import('../fleet/link.ts')
    const decode = (bytes: Uint8Array): readonly Between[] =>
      decodeBetween(bytes).map((message) => toStranger(message, host))
    return new Link({ connection, seal: await this.#openSeal(), from, to, encode: encodeBetween, decode })
  }

  #meet(link: Link<readonly Between[]>): Peer {
    const options = this.#options
    const peer: Peer = new Peer(link, {
      take: (_deployment, object, { call, client }) =>
        call === undefined ? undefined : (options.find(call, client, object ?? undefined) ?? NONE),
      join: (trace) => options.join(trace),
      onLeaving: () => undefined,
      onLeft: () => undefined,
    })
    this.#peers.add(peer)
    link.once('close', () => this.#peers.delete(peer))
    return peer
  }

  /** Its packages are loaded by then. */
  #openSeal(): Promise<Seal | undefined> {
    this.#seal ??= import('../fleet/seal.ts').then(({ toSeal }) => toSeal(this.#options.settings, 'calls'))
    return this.#seal
  }

  #toInbox(address: RemoteAddress): string {
    return `nano.${this.#options.settings.name}.${address}`
  }

  /** What is said to who opens a link, and to who takes it. */
  #toSubjects(link: string): [string, string] {
    const prefix = `nano.${this.#options.settings.name}.link.${link}.`
    return [`${prefix}a`, `${prefix}b`]
  }
}

/** For a call that nobody takes. Whether there is such an app is not said. */
const NONE: Taker = {
  buffers: new ByteBudget(0),
  handle(exchange) {
    exchange.fail('CALL_UNKNOWN')
    return NOBODY
  },
  refused() {},
}

/** What another host says of a request: it is a call or nothing, and for an app it is that host's. An object has the places of its clients. */
function toStranger(message: Between, host: string): Between {
  if (message.type !== 'request') return message
  const { call, id, client: given, method, url, headers, hasBody, smallBody } = message.head
  const object = message.object ?? undefined
  const client =
    object === undefined ? `host ${host} app ${call?.app}` : given.slice(0, MOST_CLIENT_CHARACTERS)
  const body = smallBody === undefined || smallBody === null ? {} : { smallBody }
  const head: Omit<RequestHead, 'trace'> = { id, client, method, url, headers, hasBody, call, ...body }
  return { ...message, deployment: 0, object, head }
}

function readHello(data: Uint8Array): Hello | undefined {
  try {
    const { link, host } = JSON.parse(Buffer.from(data).toString()) as Partial<Hello>
    return ID.test(String(link)) && HOST.test(String(host)) ? { link: link!, host: host! } : undefined
  } catch {
    return undefined
  }
}
