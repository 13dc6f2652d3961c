/**
 * Where a message's body goes that an app writes: one array of bytes if all of it is there when the message begins, and else a
 * stream, at the pace of whoever reads it.
 *
 *     nothing said  --end-->  whole            nothing said  --write-->  stream  --end-->  closed
 */

/** Bytes of a stream that wait for its reader before the app has to. */
const HIGH_WATER = 64 * 1024

export type Body = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null

export class BodySink {
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #goOn: (() => void) | undefined
  readonly #onCancel: (reason: unknown) => void

  /** `onCancel`: whoever reads the stream wants no more. */
  constructor(onCancel: (reason: unknown) => void) {
    this.#onCancel = onCancel
  }

  /** The stream, to be given to whoever reads it. */
  open(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => {
          const goOn = this.#goOn
          this.#goOn = undefined
          goOn?.()
        },
        cancel: (reason) => {
          this.#controller = undefined
          this.#onCancel(reason)
        },
      },
      { highWaterMark: HIGH_WATER, size: (chunk) => chunk?.byteLength ?? 0 },
    )
  }

  /** `done`: more may come. */
  write(bytes: Uint8Array, done: () => void): void {
    const controller = this.#controller
    if (controller === undefined) return done()
    controller.enqueue(bytes)
    if ((controller.desiredSize ?? 0) > 0) done()
    else this.#goOn = done
  }

  end(): void {
    this.#controller?.close()
    this.#controller = undefined
  }

  fail(error: unknown): void {
    this.#controller?.error(error)
    this.#controller = undefined
  }
}
