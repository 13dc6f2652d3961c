/** `request-options` of wasi:http/types. */

/** The host has times of its own. */
export class RequestOptions {
  readonly #times = new Map<string, bigint | undefined>()

  connectTimeout(): bigint | undefined {
    return this.#times.get('connect')
  }

  setConnectTimeout(time: bigint | undefined): void {
    this.#times.set('connect', time)
  }

  firstByteTimeout(): bigint | undefined {
    return this.#times.get('first')
  }

  setFirstByteTimeout(time: bigint | undefined): void {
    this.#times.set('first', time)
  }

  betweenBytesTimeout(): bigint | undefined {
    return this.#times.get('between')
  }

  setBetweenBytesTimeout(time: bigint | undefined): void {
    this.#times.set('between', time)
  }
}
