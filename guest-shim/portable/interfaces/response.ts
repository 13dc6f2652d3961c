/** wit/response.wit over wasi:http. */

import type * as Wit from 'nano:workers/response'
import { exchanges } from '../exchange.ts'
import { write as writeText } from '../stdio.ts'

export const send: typeof Wit.send = (id, status, head, body) => exchanges.get(id)?.send(status, head, body)

export const start: typeof Wit.start = (id, status, head) => exchanges.get(id)?.start(status, head)

export const write: typeof Wit.write = (id, bytes) => exchanges.get(id)?.write(bytes) ?? true

export const finish: typeof Wit.finish = (id) => exchanges.get(id)?.finish()

export const fail: typeof Wit.fail = (id, error) => {
  writeText('error', error)
  exchanges.get(id)?.fail('APP_THREW')
}
