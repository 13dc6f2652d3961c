/** wit/request-body.wit over wasi:http. */

import type * as Wit from 'nano:workers/request-body'
import { exchanges } from '../exchange.ts'

export const pull: typeof Wit.pull = (id) => exchanges.get(id)?.source?.pull()

export const cancel: typeof Wit.cancel = (id) => exchanges.get(id)?.source?.cancel()
