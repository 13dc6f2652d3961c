/** `MessageEvent` for the parts that fire one: all of them have the class that the app sees. */

import loadMessaging from '../lazy/messaging.ts?lazy'
import type { MessageEvent } from '../lazy/message-event.ts'

/** What it says beside its type; the rest is as the standard has it by default. */
interface MessageInit {
  readonly data: unknown
  readonly origin?: string
  readonly lastEventId?: string
}

/** Makes one. */
export function makeMessageEvent(type: string, init: MessageInit): MessageEvent {
  const { MessageEvent: Kind } = (loadMessaging as () => { MessageEvent: typeof MessageEvent })()
  return new Kind(type, init)
}
