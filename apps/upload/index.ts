/**
 * Large bodies, never whole in memory: sends one back as it arrives, counts one, makes one.
 *
 *     curl -T big.iso -X POST http://upload.localhost:3000/echo > copy.iso
 *     curl -T big.iso -X POST http://upload.localhost:3000/count
 *     curl 'http://upload.localhost:3000/download?bytes=1000000' | sha256sum
 */

import { streamBytes } from './bytes.ts'

const ENDPOINTS = ['POST /echo', 'POST /count', 'GET /download?bytes=N']
const MOST_BYTES = 1024 ** 4

const worker: ExportedHandler = {
  async fetch(request) {
    const url = new URL(request.url)
    switch (`${request.method} ${url.pathname}`) {
      case 'POST /echo':
        return echo(request)
      case 'POST /count':
        return Response.json(await count(request.body))
      case 'GET /':
        return Response.json({ endpoints: ENDPOINTS })
      case 'GET /download':
        return download(Number(url.searchParams.get('bytes')))
      default:
        return Response.json({ error: 'no such endpoint', endpoints: ENDPOINTS }, { status: 404 })
    }
  },
}

function echo(request: Request): Response {
  const type = request.headers.get('content-type') ?? 'application/octet-stream'
  return new Response(request.body, { headers: { 'content-type': type } })
}

/** How many bytes came, and in how many chunks. */
async function count(body: ReadableStream<Uint8Array> | null) {
  let bytes = 0
  let chunks = 0
  const reader = body?.getReader()
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    bytes += part.value.length
    chunks += 1
  }
  return { bytes, chunks }
}

function download(bytes: number): Response {
  if (!Number.isInteger(bytes) || bytes < 0 || bytes > MOST_BYTES) {
    return Response.json({ error: '"bytes" must be a whole number' }, { status: 400 })
  }
  return new Response(streamBytes(bytes), { headers: { 'content-type': 'application/octet-stream' } })
}

export default worker
