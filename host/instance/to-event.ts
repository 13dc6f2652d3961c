/** The event that a request is to the guest: what a client, another app, the clock or a queue asks of it. */

import type { GuestEvent } from '../bindings/binding.ts'
import type { KeptRun, RequestHead } from '../http/request-head.ts'

const NOTHING = new Uint8Array(0)

/** `id`: what the guest calls it. */
export function toEvent(id: number, head: RequestHead): GuestEvent {
  const { run, call, method, url, headers, hasBody } = head
  if (run !== undefined) {
    if ('batch' in run) return { tag: 'queue-batch', val: { id, ...run.batch } }
    if ('kept' in run) return toKeptEvent(id, run.kept)
    return 'alarm' in run
      ? { tag: 'alarm', val: { id, ...run.alarm } }
      : { tag: 'scheduled', val: { id, ...run } }
  }
  const request = { id, method, url, headers, hasBody }
  if (call === undefined) return { tag: 'request', val: request }
  const { entrypoint, props, message } = call
  const isRpc = message !== undefined
  return { tag: 'called', val: { ...request, entrypoint, props, isRpc, message: message ?? NOTHING } }
}

function toKeptEvent(id: number, kept: KeptRun['kept']): GuestEvent {
  return 'bytes' in kept
    ? { tag: 'kept-message', val: { id, ...kept } }
    : { tag: 'kept-closed', val: { id, ...kept } }
}
