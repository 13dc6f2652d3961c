/** `node:timers/promises` */

interface Options {
  readonly signal?: AbortSignal
}

const toAbort = (signal: AbortSignal) =>
  Object.assign(new Error('The operation was aborted', { cause: signal.reason }), {
    name: 'AbortError',
    code: 'ABORT_ERR',
  })

export function setTimeout<T>(delay?: number, value?: T, { signal }: Options = {}): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(toAbort(signal))
    const onAbort = () => {
      clearTimeout(timer)
      reject(toAbort(signal!))
    }
    const timer = globalThis.setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve(value)
    }, delay)
    signal?.addEventListener('abort', onAbort)
  })
}

export const setImmediate = <T>(value?: T, options?: Options): Promise<T | undefined> =>
  setTimeout(0, value, options)

export async function* setInterval<T>(delay?: number, value?: T, options?: Options): AsyncGenerator<T> {
  for (;;) yield (await setTimeout(delay, value, options)) as T
}

export const scheduler = {
  wait: (delay: number, options?: Options): Promise<unknown> => setTimeout(delay, undefined, options),
  yield: (): Promise<unknown> => setImmediate(),
}

export default { setTimeout, setImmediate, setInterval, scheduler }
