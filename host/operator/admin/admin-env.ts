/** What a request of the admin API carries besides itself. */

import type { HttpBindings } from '@hono/node-server'

import type { Access } from './access.ts'

export interface AdminEnv {
  Bindings: HttpBindings
  Variables: { access: Access }
}
