/** The store of queues: its operations as calls. */

import { StorageError } from '../failure.ts'
import type { Store, StoreAnswer, StoreCall, StoreOptions } from '../store.ts'
import type { GivenMessage, QueueStore, SendLimits, Settlement, Want } from './queue-store.ts'
import { openSqliteQueues } from './sqlite-queue.ts'

/** What is asked for: `send` and `states` by `host/bindings/queues.ts`, the rest by `host/queues`. */
export type QueueCall =
  /** The bodies stand one behind the other. */
  | {
      readonly op: 'send'
      readonly args: SendLimits & {
        readonly messages: readonly {
          readonly type: string
          readonly length: number
          readonly delayMs: number
        }[]
      }
    }
  | { readonly op: 'receive'; readonly args: Want }
  | { readonly op: 'take-back'; readonly args: { readonly ticket: number } }
  | { readonly op: 'settle'; readonly args: Settlement }
  | { readonly op: 'backlog'; readonly args: undefined }
  | { readonly op: 'states'; readonly args: { readonly queues: readonly string[] } }
  | { readonly op: 'peek'; readonly args: { readonly limit: number } }
  | { readonly op: 'pause'; readonly args: { readonly isPaused: boolean } }
  | { readonly op: 'purge'; readonly args: undefined }

/** A message whose body stands in the answer's, behind those of the messages before. */
export type ListedMessage = Omit<GivenMessage, 'body'> & { readonly length: number }

export async function openQueues(options: StoreOptions): Promise<Store> {
  const local = await openSqliteQueues(options)
  const { fleet } = options.settings
  if (fleet === undefined) return toStore(local)
  const { openFleetQueues } = await import('./fleet-queues.ts')
  return toStore(await openFleetQueues(fleet, local, options.log))
}

/** A store of queues as calls. */
export function toStore(queues: QueueStore): Store {
  return {
    call: ({ key, op, args, body, signal }) => run(queues, key, { op, args } as QueueCall, body, signal),
    forget: (key) => queues.forget(key),
    [Symbol.asyncDispose]: () => queues[Symbol.asyncDispose](),
  }
}

async function run(
  queues: QueueStore,
  key: string,
  call: QueueCall,
  body: StoreCall['body'],
  signal: AbortSignal,
): Promise<StoreAnswer> {
  switch (call.op) {
    case 'send': {
      if (!(body instanceof Uint8Array)) throw new StorageError('STORAGE_INVALID', 'expected whole messages')
      const { messages, ...limits } = call.args
      let at = 0
      const whole = messages.map(({ length, ...message }) => ({
        ...message,
        body: body.subarray(at, (at += length)),
      }))
      return { meta: await queues.send(key, whole, limits) }
    }
    case 'receive': {
      const { messages, backlog } = await queues.receive(key, call.args, signal)
      return { meta: { messages: messages.map(toListed), backlog }, body: toBodies(messages) }
    }
    case 'take-back':
      queues.takeBack(call.args.ticket)
      return { meta: null }
    case 'settle':
      await queues.settle(key, call.args)
      return { meta: null }
    case 'backlog': {
      const [state] = await queues.states([key])
      return { meta: state }
    }
    case 'states':
      return { meta: await queues.states(call.args.queues) }
    case 'peek': {
      const messages = await queues.peek(key, call.args.limit)
      return { meta: { messages: messages.map(toListed) }, body: toBodies(messages) }
    }
    case 'pause':
      await queues.pause(key, call.args.isPaused)
      return { meta: null }
    default:
      await queues.purge(key)
      return { meta: null }
  }
}

function toListed({ body, ...message }: GivenMessage): ListedMessage {
  return { ...message, length: body.length }
}

function toBodies(messages: readonly GivenMessage[]): Uint8Array {
  return Buffer.concat(messages.map(({ body }) => body))
}
