/**
 * `crypto.DigestStream`, as Workers have it: a WritableStream whose bytes are digested as they come, on the host, so that
 * none of them are kept.
 */

import { HostDigest } from '../bindings/crypto.ts'
import { requireLive } from '../turn/phase.ts'
import { bytesOf } from './buffer-source.ts'
import { normalize } from './crypto-algorithm.ts'
import { defineProperty, encode, NativePromise, NativeTypeError } from './primordials.ts'
import { WritableStream } from './streams.ts'

/** Made when it is asked for, over the WritableStream that there is then. */
export function makeDigestStream(): typeof WritableStream {
  class DigestStream extends WritableStream {
    readonly #state: { bytes: number; digest: Promise<ArrayBuffer> }

    constructor(algorithm: unknown) {
      requireLive('new crypto.DigestStream()')
      const host = new HostDigest(normalize('digest', algorithm).name)
      const { promise, resolve, reject } = NativePromise.withResolvers<ArrayBuffer>()
      // whoever does not ask for it need not hear that there is none
      promise.catch(() => {})
      const state = { bytes: 0, digest: promise }
      super({
        write(chunk: unknown) {
          const bytes = typeof chunk === 'string' ? encode(chunk) : bytesOf(chunk)
          if (bytes === undefined) {
            const error = new NativeTypeError('DigestStream: expected bytes or a string')
            reject(error)
            throw error
          }
          state.bytes += bytes.length
          host.write(bytes)
        },
        async close() {
          try {
            const outcome = await host.finish()
            if (outcome.tag === 'bytes') resolve(outcome.val.buffer)
          } catch (error) {
            reject(error)
            throw error
          }
        },
        abort: reject,
      })
      this.#state = state
    }

    get digest(): Promise<ArrayBuffer> {
      return this.#state.digest
    }

    get bytesWritten(): bigint {
      return BigInt(this.#state.bytes)
    }
  }
  return defineProperty(DigestStream, 'name', { value: 'DigestStream' })
}
