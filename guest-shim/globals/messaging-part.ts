/** Messages for those that need them without their globals; loaded at the first use. */

import loadMessaging from '../lazy/messaging.ts?lazy'

export const messaging = loadMessaging as () => typeof import('../lazy/messaging.ts')
