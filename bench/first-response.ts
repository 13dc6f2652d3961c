/** One request on a connection of its own, timed from the connect to the last byte of the answer. */

import { request } from 'node:http'

/** Milliseconds. Rejects when the answer has another status. */
export function firstResponse(port: number, hostname: string, status = 200): Promise<number> {
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { port, host: '127.0.0.1', headers: { host: hostname }, agent: false, timeout: 30_000 },
      (response) => {
        response.resume()
        response.on('error', reject)
        response.on('end', () => {
          if (response.statusCode === status) resolve(performance.now() - startedAt)
          else reject(new Error(`${hostname} answered ${response.statusCode}`))
        })
      },
    )
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${hostname} did not answer in 30 s`)))
    outgoing.on('error', reject)
    outgoing.end()
  })
}
