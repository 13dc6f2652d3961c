/**
 * A client whose one connection is with one shard, and apps by the shard that is their home. A request's id begins with the
 * number of the thread that took it; the first threads of a server have the numbers 1 to n, in the places 0 to n - 1.
 */

import type { IncomingMessage } from 'node:http'

import { homeOf, toHomeKey } from '../../host/home/home-of.ts'
import { toIdPrefix } from '../../host/http/request-id.ts'
import { keepAlive, open, send } from './http.ts'
import type { Answer, Sent } from './http.ts'

const TRIES = 400

/** An app's name whose home, of so many shards, is in this place; `index`: the first, the second one and so on. */
export function nameWithHome(prefix: string, place: number, shards: number, index = 0): string {
  const places = Array.from({ length: shards }, (_, i) => i)
  for (let i = 0, found = 0; ; i++) {
    const name = `${prefix}-${i}`
    if (homeOf(toHomeKey(name), places) === place && found++ === index) return name
  }
}

export class ShardClient implements Disposable {
  readonly #port: number
  readonly #from: string
  readonly #agent = keepAlive(1)

  /** A connection to this thread; `from`: the client's address, one of this machine. */
  static async to({ port }: { port: number }, thread: number, from = '127.0.0.1'): Promise<ShardClient> {
    for (let i = 0; i < TRIES; i++) {
      const client = new ShardClient(port, from)
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const answer = await client.send('nobody.test', '/')
      if (String(answer.headers['x-request-id']).startsWith(toIdPrefix(thread))) return client
      client[Symbol.dispose]()
    }
    throw new Error(`no connection to the thread ${thread}`)
  }

  private constructor(port: number, from: string) {
    this.#port = port
    this.#from = from
  }

  send(host: string, path: string, more: Partial<Sent> = {}): Promise<Answer> {
    return send(this.#port, { ...more, host, path, from: this.#from, agent: this.#agent })
  }

  /** Resolves at the head of the answer. */
  open(host: string, path: string, more: Partial<Sent> = {}): Promise<IncomingMessage> {
    return open(this.#port, { ...more, host, path, from: this.#from, agent: this.#agent })
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}
