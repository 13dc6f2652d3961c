/** Parts of the shim that are loaded when they are first needed, for those that need one without its global. */

import loadMessaging from '../lazy/messaging.ts?lazy'
import loadWebSocket from '../lazy/web-socket.ts?lazy'

export const messaging = loadMessaging as () => typeof import('../lazy/messaging.ts')
export const webSockets = loadWebSocket as () => typeof import('../lazy/web-socket.ts')
