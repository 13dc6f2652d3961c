/**
 * Channels within an instance (HTML 9.4). A message is an event in a turn of its own: what a port is given while it is
 * not started waits in it.
 *
 *     waiting ── start(), onmessage = ──> started ── close(), of either end ──> closed
 *         └───────────────────── transferred: the queue goes along ──────────────┘
 */

import { defineHandler, EventTarget, fire } from '../globals/event-target.ts'
import { NativeDOMException, NativeTypeError } from '../globals/primordials.ts'
import { addTransfer, cloneWith, cannotClone } from '../globals/structured-clone.ts'
import { setTimeout } from '../globals/timers.ts'
import { isObject, requireArguments, toMembers } from '../globals/web-idl.ts'
import { MessageEvent } from './message-event.ts'

interface Message {
  readonly data: unknown
  readonly ports: readonly object[]
}

/** One end of a channel, whichever object stands for it. */
interface End {
  /** The end that it is entangled with. */
  other: End | undefined
  /** Undefined while it changes hands. */
  port: MessagePort | undefined
  isStarted: boolean
  readonly queue: Message[]
}

let making: End | undefined
let endOf: (port: object) => End | undefined
let detach: (port: object) => void

export class MessagePort extends EventTarget {
  #end: End | undefined

  static {
    endOf = (port) => (#end in port ? port.#end : undefined)
    detach = (port) => {
      if (#end in port) port.#end = undefined
    }
  }

  constructor() {
    if (making === undefined) throw new NativeTypeError('Illegal constructor')
    super()
    this.#end = making
  }

  postMessage(message: unknown, options: unknown = undefined): void {
    requireArguments(arguments.length, 1, 'postMessage')
    const end = this.#end
    const transfer = toTransferList(options)
    if (transfer.includes(this)) throw cannotClone('the port itself')
    const { value, transferred } = cloneWith(message, transfer)
    const ports = transferred.filter((given) => endOf(given) !== undefined)
    const other = end?.other
    if (other === undefined) return
    other.queue.push({ data: value, ports })
    if (other.isStarted) deliver(other)
  }

  start(): void {
    const end = this.#end
    if (end === undefined || end.isStarted) return
    end.isStarted = true
    for (let i = 0; i < end.queue.length; i++) deliver(end)
  }

  close(): void {
    const end = this.#end
    if (end?.other !== undefined) end.other.other = undefined
    if (end !== undefined) end.other = undefined
  }
}

for (const type of ['message', 'messageerror']) defineHandler(MessagePort.prototype, type)
startWhenHeard()

/** Whoever sets `onmessage` need not call `start`. */
function startWhenHeard(): void {
  const { get, set } = Object.getOwnPropertyDescriptor(
    MessagePort.prototype,
    'onmessage',
  ) as Required<PropertyDescriptor>
  Object.defineProperty(MessagePort.prototype, 'onmessage', {
    get,
    set(this: MessagePort, value: unknown) {
      set.call(this, value)
      this.start()
    },
    enumerable: true,
    configurable: true,
  })
}

/** A turn for the oldest message. */
function deliver(end: End): void {
  setTimeout(() => {
    const message = end.isStarted ? end.queue.shift() : undefined
    if (message !== undefined && end.port !== undefined) fire(end.port, new MessageEvent('message', message))
  }, 0)
}

function toTransferList(options: unknown): object[] {
  if (options === undefined || options === null) return []
  if (!isObject(options))
    throw new NativeTypeError('postMessage: expected a list of what is to be transferred')
  const isList = Symbol.iterator in options
  const list = isList ? options : toMembers(options as { transfer?: unknown }, 'postMessage').transfer
  return list === undefined ? [] : [...(list as Iterable<object>)]
}

function makePort(end: End): MessagePort {
  making = end
  try {
    return (end.port = new MessagePort())
  } finally {
    making = undefined
  }
}

const makeEnd = (): End => ({ other: undefined, port: undefined, isStarted: false, queue: [] })

export class MessageChannel {
  readonly #ports: readonly [MessagePort, MessagePort]

  constructor() {
    const ends = [makeEnd(), makeEnd()] as const
    ends[0].other = ends[1]
    ends[1].other = ends[0]
    this.#ports = [makePort(ends[0]), makePort(ends[1])]
  }

  get port1(): MessagePort {
    return this.#ports[0]
  }

  get port2(): MessagePort {
    return this.#ports[1]
  }
}

addTransfer((value) => {
  if (!(value instanceof MessagePort)) return undefined
  const end = endOf(value)
  if (end === undefined) throw new NativeDOMException('the port was transferred before', 'DataCloneError')
  return () => {
    detach(value)
    end.isStarted = false
    return makePort(end)
  }
})
