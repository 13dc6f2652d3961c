/** Calls of other apps, and of the app itself: which of its exports answers. */

import type { Call } from 'nano:workers/calls'
import type { Event } from 'nano:workers/events'
import { toEntrypoint } from '../app.ts'
import { hasOwn, NativeTypeError, parseJson } from '../globals/primordials.ts'
import { type Handler, receiveRequest } from './handler.ts'

/** What answers. */
export interface Served {
  /** Of clients' requests, and of calls that name no other export. */
  readonly handler: Handler
  readonly env: unknown
  readonly exports: Readonly<Record<string, unknown>>
}

/** Like `receiveRequest`. */
export function receiveCall(call: Call, next: Event | undefined, { handler, env, exports }: Served): boolean {
  const props: unknown = call.props === '' ? undefined : parseJson(call.props)
  const named = call.entrypoint === '' ? handler : findEntrypoint(exports, call.entrypoint)
  return receiveRequest(call, next, { handler: named, env, props })
}

function findEntrypoint(exports: Served['exports'], name: string): Handler {
  const found = hasOwn(exports, name) ? toEntrypoint(exports[name]) : undefined
  return found ?? { fetch: () => refuse(name) }
}

function refuse(name: string): never {
  throw new NativeTypeError(
    `The app that is called has no entrypoint "${name}": expected an export of that name that is a class which extends WorkerEntrypoint, or an object with a fetch handler.`,
  )
}
