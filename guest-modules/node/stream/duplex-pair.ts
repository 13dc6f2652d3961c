/** `duplexPair`: two streams, each of which reads what the other one writes. */

import stream from 'readable-stream'

type Duplex = import('node:stream').Duplex
type Callback = (error?: Error | null) => void

const { Duplex } = stream

class Side extends Duplex {
  #other: Side | undefined
  /** Who wrote what this side has not asked for yet. */
  #waiting: Callback | undefined

  join(other: Side): void {
    this.#other = other
  }

  override _read(): void {
    const done = this.#waiting
    this.#waiting = undefined
    done?.()
  }

  override _write(chunk: Uint8Array, _encoding: string, done: Callback): void {
    if (chunk.length === 0) return queueMicrotask(done)
    this.#other!.push(chunk)
    this.#other!.#waiting = done
  }

  override _final(done: Callback): void {
    this.#other!.on('end', done)
    this.#other!.push(null)
  }
}

export function duplexPair(options?: object): [Duplex, Duplex] {
  const [one, other] = [new Side(options), new Side(options)]
  one.join(other)
  other.join(one)
  return [one, other]
}
