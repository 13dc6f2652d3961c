/**
 * A plain HTTP server for apps to fetch from, which counts how many requests it holds at once.
 */

import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Upstream {
  readonly url: string
  readonly mostAtOnce: number
  readonly total: number
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export async function startUpstream(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<Upstream> {
  let open = 0
  let mostAtOnce = 0
  let total = 0
  const server = createServer((request, response) => {
    total += 1
    open += 1
    mostAtOnce = Math.max(mostAtOnce, open)
    response.on('close', () => (open -= 1))
    void answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get mostAtOnce() {
      return mostAtOnce
    },
    get total() {
      return total
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
