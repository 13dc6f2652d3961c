/** `process.stdout` and `process.stderr`: lines of the log. */

import EventEmitter from 'events/'

type Callback = (error?: Error | null) => void

/** What has nothing to do here. */
export const nothing = (): void => {}

/** `line`: takes a line without its end. */
export function makeOutput(fd: number, line: (text: string) => void) {
  const decoder = new TextDecoder()
  const write = (chunk: unknown, ...rest: unknown[]): boolean => {
    const text = ArrayBuffer.isView(chunk) ? decoder.decode(chunk as Uint8Array<ArrayBuffer>) : String(chunk)
    line(text.replace(/\n$/, ''))
    const done = rest.at(-1)
    if (typeof done === 'function') queueMicrotask(() => (done as Callback)(null))
    return true
  }
  return Object.assign(new EventEmitter(), {
    fd,
    isTTY: false,
    writable: true,
    writableLength: 0,
    hasColors: () => false,
    getColorDepth: () => 1,
    write,
    end(...args: unknown[]): void {
      const [chunk] = args
      if (chunk !== undefined && typeof chunk !== 'function') write(...(args as [unknown]))
      else if (typeof chunk === 'function') queueMicrotask(() => (chunk as Callback)(null))
    },
    cork: nothing,
    uncork: nothing,
    destroy: nothing,
    ref: nothing,
    unref: nothing,
    setEncoding: nothing,
  })
}
