/**
 * A file drop on R2: files are put under their names, streamed both ways, whole or in parts, and only when they changed.
 *
 *     curl -T report.pdf http://files.localhost:3000/report.pdf
 *     curl -O http://files.localhost:3000/report.pdf
 *     curl -X DELETE http://files.localhost:3000/report.pdf
 */

import { page } from './page.ts'

interface Env {
  readonly FILES: R2Bucket
}

const worker: ExportedHandler<Env> = {
  async fetch(request, { FILES }) {
    const { pathname, searchParams } = new URL(request.url)
    const key = toKey(pathname)
    if (key === undefined) return fail(400, 'the name of the file is no text')
    if (key === '') return index(request.method, FILES, searchParams.get('after') ?? undefined)
    switch (request.method) {
      case 'PUT':
        return put(FILES, key, request)
      case 'GET':
      case 'HEAD':
        return get(FILES, key, request)
      case 'DELETE':
        await FILES.delete(key)
        return new Response(null, { status: 204 })
      default:
        return fail(405, 'expected GET, PUT or DELETE')
    }
  },
}

function toKey(pathname: string): string | undefined {
  try {
    return decodeURIComponent(pathname.slice(1))
  } catch {
    return undefined
  }
}

/** A body of a length that nobody knows cannot be kept: curl's -T says it. */
async function put(files: R2Bucket, key: string, request: Request): Promise<Response> {
  try {
    const { etag, size } = await files.put(key, request.body, { httpMetadata: request.headers })
    return Response.json({ key, size, etag }, { status: 201 })
  } catch (error) {
    return fail(400, (error as Error).message)
  }
}

async function get(files: R2Bucket, key: string, { headers: asked, method }: Request): Promise<Response> {
  // a range that is not there gets all of it
  const file = await files.get(key, { range: asked, onlyIf: asked })
  if (file === null) return fail(404, `there is no ${key}`)
  const headers = new Headers({ etag: file.httpEtag, 'accept-ranges': 'bytes' })
  file.writeHttpMetadata(headers)
  // what somebody else has put is not for this origin to run
  headers.set('content-disposition', 'attachment')
  headers.set('x-content-type-options', 'nosniff')
  if (file.body === undefined)
    return new Response(null, { status: asked.has('if-match') ? 412 : 304, headers })
  const { offset, length } = file.range ?? { offset: 0, length: file.size }
  const isPart = asked.has('range') && length < file.size
  if (isPart) headers.set('content-range', `bytes ${offset}-${offset + length - 1}/${file.size}`)
  return new Response(method === 'HEAD' ? null : file.body, { status: isPart ? 206 : 200, headers })
}

async function index(method: string, files: R2Bucket, startAfter: string | undefined): Promise<Response> {
  if (method !== 'GET') return fail(405, 'expected GET')
  const { objects, truncated } = await files.list({
    limit: 100,
    ...(startAfter !== undefined && { startAfter }),
  })
  const html = page(objects, truncated ? objects.at(-1)?.key : undefined)
  return new Response(html, { headers: { 'content-type': 'text/html; charset=utf-8' } })
}

function fail(status: number, error: string): Response {
  return Response.json({ error }, { status })
}

export default worker
