/** Messages within an instance. */

import { refuse } from '../globals/structured-clone.ts'
import { finishInterface } from '../globals/web-idl.ts'
import { BroadcastChannel } from './broadcast-channel.ts'
import { MessageEvent } from './message-event.ts'
import { MessageChannel, MessagePort } from './message-port.ts'

const INTERFACES = { BroadcastChannel, MessageChannel, MessageEvent, MessagePort }
for (const [name, given] of Object.entries(INTERFACES)) finishInterface(given, name)
refuse(Object.values(INTERFACES))

export { BroadcastChannel, MessageChannel, MessageEvent, MessagePort }
