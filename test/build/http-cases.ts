/** A server and a client of `node:http`, and `node:zlib`: the same in an app and in Node. */
import * as http from 'node:http'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { inherits, promisify } from 'node:util'
import * as zlib from 'node:zlib'

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Answers by the path. */
export const listener: http.RequestListener = (request, response) => {
  const { pathname } = new URL(request.url!, 'http://x')
  const page = PAGES[pathname]
  if (page !== undefined) page(request, response)
  else response.writeHead(404, 'Nothing here', { 'content-type': 'text/plain' }).end(`no ${request.url}`)
}

const PAGES: Record<string, (request: http.IncomingMessage, response: http.ServerResponse) => unknown> = {
  '/echo': async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const { method, url, httpVersion, headers, complete } = request
    response.setHeader('Content-Type', 'application/json')
    const { host, 'x-many': many, cookie, 'transfer-encoding': coding } = headers
    response.end(
      JSON.stringify({
        method,
        url,
        httpVersion,
        host,
        many,
        cookie,
        coding,
        complete,
        body: Buffer.concat(parts).toString(),
      }),
    )
  },
  // as packages inherit from them that are older than classes
  '/called': (request, response) => {
    type Made = http.ServerResponse & { own: unknown[] }
    function Response(this: Made, asked: http.IncomingMessage) {
      Reflect.apply(http.ServerResponse as unknown as (asked: unknown) => void, this, [asked])
      this.own = [this.statusCode, Reflect.get(this, '_hasBody')]
      this.setHeader('x-own', 1)
    }
    inherits(Response, http.ServerResponse)
    function Incoming(this: http.IncomingMessage) {
      Reflect.apply(http.IncomingMessage as unknown as (socket: unknown) => void, this, [request.socket])
    }
    inherits(Incoming, http.IncomingMessage)
    const made = new (Response as unknown as new (asked: http.IncomingMessage) => Made)(request)
    const incoming = new (Incoming as unknown as new () => http.IncomingMessage)()
    made.writeHead(201)
    response.end(
      JSON.stringify([
        made.own,
        made.getHeaders(),
        made.statusMessage,
        [made, new http.ServerResponse(request)].map((each) => each instanceof http.ServerResponse),
        [made.constructor === Response, new http.ServerResponse(request).constructor === http.ServerResponse],
        [incoming instanceof http.IncomingMessage, incoming instanceof Readable, incoming.complete],
        class extends http.ServerResponse {}.name,
      ]),
    )
  },
  '/stream': async (_request, response) => {
    response.statusCode = 202
    response.setHeader('Set-Cookie', ['a=1', 'b=2'])
    for (let i = 0; i < 3; i++) {
      response.write(`part ${i}\n`)
      await sleep(2)
    }
    response.end('the end\n')
  },
  '/large': async (_request, response) => {
    for (let i = 0; i < 40; i++) {
      if (!response.write('x'.repeat(32 * 1024)))
        await new Promise((resolve) => response.once('drain', resolve))
    }
    response.end()
  },
  '/headers': (_request, response) => {
    response.setHeader('X-One', '1')
    response.setHeader('X-Gone', '2')
    response.removeHeader('x-gone')
    response.appendHeader('X-Two', 'a')
    response.appendHeader('X-Two', 'b')
    const seen = [
      response.getHeader('x-one'),
      response.hasHeader('X-GONE'),
      response.getHeaderNames(),
      response.headersSent,
    ]
    response.writeHead(200, { 'X-Three': 3 })
    const late = [() => response.setHeader('x', 'y'), () => response.writeHead(201)].map((run) => {
      try {
        return run() && 'fine'
      } catch (error) {
        return (error as NodeJS.ErrnoException).code
      }
    })
    response.end(JSON.stringify([...seen, response.headersSent, ...late]))
  },
  '/late': (_request, response) => {
    response.write('sent')
    let code = ''
    try {
      response.setHeader('x', 'y')
    } catch (error) {
      code = (error as NodeJS.ErrnoException).code!
    }
    response.end(code)
  },
  '/wrong': (_request, response) => {
    const codes = [
      () => response.setHeader('a b', 'c'),
      () => response.setHeader('a', 'c\r\nd'),
      () => response.writeHead(20),
    ].map((run) => {
      try {
        run()
        return 'fine'
      } catch (error) {
        return (error as NodeJS.ErrnoException).code
      }
    })
    response.end(JSON.stringify(codes))
  },
  '/empty': (_request, response) => {
    response.statusCode = 204
    response.end()
  },
  '/binary': (_request, response) => {
    response.write(Buffer.from([0, 255, 1]))
    response.end('fe', 'hex')
  },
  '/events': (request, response) => {
    const seen: string[] = []
    request.on('end', () => {
      seen.push('end')
      response.end(seen.join())
    })
    request.on('data', () => seen.includes('data') || seen.push('data'))
    response.on('finish', () => seen.push('finish'))
  },
}

interface Got {
  readonly status: number | undefined
  readonly type: string | undefined
  readonly cookies: string[] | undefined
  readonly body: string
}

function ask(
  url: string,
  options: http.RequestOptions,
  ...bodies: (string | Buffer)[]
): Promise<Got | string> {
  return new Promise((resolve) => {
    const request = http.request(url, options, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => {
        const { statusCode: status, headers } = response
        const [type, cookies] = [headers['content-type'], headers['set-cookie']]
        resolve({ status, type, cookies, body: Buffer.concat(parts).toString('latin1') })
      })
    })
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.name))
    for (const body of bodies) request.write(body)
    request.end()
  })
}

/** Asks a server that answers as `listener`. */
export async function runClient(origin: string): Promise<unknown> {
  const { hostname, port } = new URL(origin)
  const abort = new AbortController()
  abort.abort()
  return {
    get: await ask(`${origin}/echo?a=1`, { headers: { cookie: ['a=1', 'b=2'] } }),
    post: await ask(
      `${origin}/echo`,
      { method: 'post', headers: { 'content-type': 'text/plain' } },
      'one ',
      Buffer.from('two'),
    ),
    long: (
      (await ask(
        `${origin}/echo`,
        { method: 'PUT' },
        ...Array.from({ length: 5 }, () => 'y'.repeat(30_000)),
      )) as Got
    ).body.length,
    stream: await ask(`${origin}/stream`, {}),
    missing: await ask(`${origin}/nothing`, {}),
    binary: await ask(`${origin}/binary`, {}),
    options: await new Promise((resolve) =>
      http.get({ hostname, port, path: '/late', auth: 'a:b' }, (response) => {
        response.setEncoding('utf8')
        let text = ''
        response.on('data', (part: string) => (text += part))
        response.on('end', () => resolve([text, response.statusMessage]))
      }),
    ),
    aborted: await ask(`${origin}/echo`, { signal: abort.signal }),
    destroyed: await new Promise((resolve) => {
      const request = http.get(`${origin}/echo`)
      request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
      request.destroy()
    }),
  }
}

const TEXT = 'some text that packs well, '.repeat(4000)

const through = async (stream: NodeJS.ReadWriteStream, data: Buffer): Promise<Buffer> => {
  const parts: Buffer[] = []
  await pipeline(Readable.from([data.subarray(0, 10), data.subarray(10)]), stream, async (source) => {
    for await (const part of source) parts.push(part as Buffer)
  })
  return Buffer.concat(parts)
}

/** Packs and unpacks. */
export async function runZlib(): Promise<unknown> {
  const small = zlib.gzipSync(TEXT).length < 2000
  const thrown = async (run: () => unknown) => {
    try {
      await run()
      return 'fine'
    } catch (error) {
      return (error as NodeJS.ErrnoException).code
    }
  }
  const back = [
    zlib.gunzipSync(zlib.gzipSync(TEXT, { level: 9 })),
    zlib.inflateSync(zlib.deflateSync(TEXT)),
    zlib.inflateRawSync(zlib.deflateRawSync(TEXT)),
    zlib.unzipSync(zlib.deflateSync(TEXT)),
    zlib.brotliDecompressSync(zlib.brotliCompressSync(TEXT)),
    await promisify(zlib.gunzip)(await promisify(zlib.gzip)(TEXT)),
    await through(zlib.createGunzip(), await through(zlib.createGzip(), Buffer.from(TEXT))),
    await through(zlib.createUnzip(), await through(zlib.createDeflate(), Buffer.from(TEXT))),
    await through(zlib.createInflateRaw(), await through(zlib.createDeflateRaw(), Buffer.from(TEXT))),
    await through(
      zlib.createBrotliDecompress(),
      await through(zlib.createBrotliCompress(), Buffer.from(TEXT)),
    ),
  ].map((bytes) => bytes.toString() === TEXT)
  return {
    small,
    back,
    codes: [
      await thrown(() => zlib.gunzipSync('no gzip')),
      await thrown(() => through(zlib.createGunzip(), Buffer.from('this is not gzip'))),
      await thrown(() => zlib.gunzipSync(zlib.gzipSync(Buffer.alloc(100_000)), { maxOutputLength: 1000 })),
    ],
    crc: zlib.crc32('hello'),
  }
}
