/** wit/response.wit over wasi:http. */

import type * as Wit from 'nano:workers/response'
import { exchanges } from '../exchange.ts'
import { write as writeText } from '../stdio.ts'

/** What the name of the error says where an app gave something else than a response. */
const NON_RESPONSE = 'NonResponse: '

export const send: typeof Wit.send = (id, status, head, body) => exchanges.get(id)?.send(status, head, body)

export const start: typeof Wit.start = (id, status, head) => exchanges.get(id)?.start(status, head)

export const write: typeof Wit.write = (id, bytes) => exchanges.get(id)?.write(bytes) ?? true

export const finish: typeof Wit.finish = (id) => exchanges.get(id)?.finish()

export const fail: typeof Wit.fail = (id, error) => {
  const isBad = new TextDecoder().decode(error.subarray(0, NON_RESPONSE.length)) === NON_RESPONSE
  writeText('error', isBad ? error.subarray(NON_RESPONSE.length) : error)
  exchanges.get(id)?.fail(isBad ? 'APP_BAD_RESPONSE' : 'APP_THREW')
}
