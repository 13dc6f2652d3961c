/** Content that is here already, for tenants that stand alone. */
import type { AppContent } from '../../host/image/image.ts'
import type { ContentSource } from '../../host/tenant/content-slot.ts'

export const toSource =
  (content: AppContent): ContentSource =>
  () =>
    Promise.resolve({ content, free() {}, [Symbol.dispose]() {} })
