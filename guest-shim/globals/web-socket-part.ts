/** WebSockets for those that need them without their globals; loaded at the first use. */

import loadWebSocket from '../lazy/web-socket.ts?lazy'

export const webSockets = loadWebSocket as () => typeof import('../lazy/web-socket.ts')
