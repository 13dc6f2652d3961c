/**
 * WebSockets that the Durable Object of this instance keeps: the host has them, and what comes for one is a run (scheduled.ts) that calls
 * the object (turn/object.ts).
 */

import {
  answeredAt,
  attach,
  attachment,
  autoResponse,
  type Event,
  eventTimeout,
  find,
  keep,
  type KeptEnd,
  type KeptMessage,
  setAutoResponse,
  setEventTimeout,
  tags,
} from 'nano:workers/hibernation'
import type { GuestBinding } from './binding.ts'
import { beginRun } from './scheduled.ts'

export type { KeptEnd, KeptMessage }

/** What may be asked of the host. */
export const keeping = {
  answeredAt,
  attach,
  attachment,
  autoResponse,
  eventTimeout,
  find,
  keep,
  setAutoResponse,
  setEventTimeout,
  tags,
}

/** Calls the object. */
export type KeptCall = (kept: KeptMessage | KeptEnd) => unknown
let call: KeptCall = () => {}

export function setKeptCall(given: KeptCall): void {
  call = given
}

function begin(kept: KeptMessage | KeptEnd): void {
  beginRun(kept.id, () => call(kept))
}

export const binding: GuestBinding<Event> = { events: { 'kept-message': begin, 'kept-closed': begin } }
