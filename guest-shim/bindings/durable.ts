/** Durable Objects on the host: ids, and what an object asks for itself (turn/object.ts). */

import { type Alarm, block, type Event, type IdKind, makeId, reset, unblock } from 'nano:workers/durable'
import { decode, encode } from '../globals/primordials.ts'
import loadDurable from '../lazy/durable.ts?lazy'
import type { GuestBinding } from './binding.ts'
import { beginRun } from './scheduled.ts'

export type { Alarm, IdKind }

/** The ids of one namespace. */
export class DurableHost {
  /** The binding's in `env`. */
  readonly name: string
  readonly jurisdiction: string

  constructor(name: string, jurisdiction = '') {
    this.name = name
    this.jurisdiction = jurisdiction
  }

  /** The same for a jurisdiction. */
  within(jurisdiction: string): DurableHost {
    return new DurableHost(this.name, jurisdiction)
  }

  /** Empty: it is none of the namespace. */
  makeId(kind: IdKind, given: string): string {
    return decode(makeId(encode(this.name), kind, encode(given), encode(this.jurisdiction)))
  }
}

export const blockEvents = block
export const unblockEvents = unblock

/** `name` and `message`: of the error that whoever waits for the object gets. */
export function resetObject(name: string, message: string): void {
  reset(encode(`${name}\n${message}`))
}

/** Calls the object. */
type AlarmCall = (alarm: Alarm) => unknown
let call: AlarmCall = () => {
  throw new TypeError('this instance is no Durable Object')
}

export function setAlarmCall(given: AlarmCall): void {
  call = given
}

type Part = () => { readonly DurableObjectNamespace: new (host: DurableHost) => unknown }

export const binding: GuestBinding<Event> = {
  events: { alarm: (alarm) => beginRun(alarm.id, () => call(alarm)) },
  kinds: {
    durable: (_settings, name) => new ((loadDurable as Part)().DurableObjectNamespace)(new DurableHost(name)),
  },
}
