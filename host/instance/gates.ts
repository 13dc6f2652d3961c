/** The ways out of a Durable Object, behind the gate that is shut until what it wrote is on the disk. */

import type { Dialer } from '../bindings/dialer.ts'
import type { Storage, StorageHandle } from '../storage/client.ts'
import type { OutputGate } from '../storage/durable/output-gate.ts'
import { BROKEN } from '../web-socket/line.ts'
import type { RequestContext } from './contract.ts'

/** The answer to a request. `onWritable`: bytes are taken again. What the host itself says of the request is not the object's. */
export function gatePort(port: RequestContext, gate: OutputGate, onWritable: () => void): RequestContext {
  let isLost = false
  const lose = (): void => {
    if (!isLost) port.fail('STORAGE_LOST')
    isLost = true
  }
  const pass = (act: () => void): void => gate.pass(act, lose)
  return {
    get cpuMs() {
      return port.cpuMs
    },
    set cpuMs(cpuMs) {
      port.cpuMs = cpuMs
    },
    send: (status, headers, body) => pass(() => port.send(status, headers, body)),
    start: (status, headers) => pass(() => port.start(status, headers)),
    upgrade: (headers, side) =>
      gate.pass(
        () => port.upgrade(headers, side),
        () => {
          side.closed(BROKEN)
          lose()
        },
      ),
    write(bytes) {
      if (gate.isOpen) return port.write(bytes)
      pass(() => port.write(bytes) && onWritable())
      return false
    },
    finish: () => pass(() => port.finish()),
    threw: (error) => pass(() => port.threw(error)),
    callThrew: (error) => pass(() => port.callThrew?.(error)),
    noRetry: () => port.noRetry?.(),
    fail: (code) => port.fail(code),
    again: (code) => port.again(code),
    pullBody: () => port.pullBody(),
    cancelBody: () => port.cancelBody(),
  }
}

/** Fetches, and what goes out by connections. */
export function gateDialer(dialer: Dialer, gate: OutputGate): Dialer {
  const opened = async (): Promise<void> => {
    if (gate.isOpen) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    gate.pass(resolve, () => reject(new TypeError('the storage of the object is lost')))
    await promise
  }
  return {
    idleMs: dialer.idleMs,
    tcp: dialer.tcp,
    // a connection ends with the object whose storage is lost
    pass: (act) => gate.pass(act, () => undefined),
    async fetch(url, dial) {
      await opened()
      return dialer.fetch(url, dial)
    },
    async upgrade(url, dial) {
      await opened()
      return dialer.upgrade(url, dial)
    },
    [Symbol.dispose]: () => dialer[Symbol.dispose](),
  }
}

/** Calls to data, and of other apps. */
export function gateStorage(storage: Storage, gate: OutputGate): Storage {
  return {
    call(request, more, listener) {
      if (gate.isOpen) return storage.call(request, more, listener)
      let handle: StorageHandle | undefined
      let isAborted = false
      const begin = (): void => {
        if (!isAborted) handle = storage.call(request, more, listener)
      }
      // the object is over when it is dropped: nobody waits for the call
      gate.pass(begin, () => undefined)
      return {
        pull: () => handle?.pull(),
        push: (bytes, last) => handle?.push(bytes, last),
        abort() {
          isAborted = true
          handle?.abort()
        },
      }
    },
  }
}
