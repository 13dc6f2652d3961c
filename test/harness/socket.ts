/**
 * Raw bytes to the server under test and back, and a strict reader of HTTP/1.1 responses: what it cannot account for
 * byte by byte is an error.
 */

import { connect } from 'node:net'

export interface WireResponse {
  status: number
  /** In wire order, names in lower case. */
  headers: [string, string][]
  body: string
}

/** Write the text and read until the server closes, or falls silent: for long, if it was asked to close. */
export function exchange(
  port: number,
  text: string,
  silenceMs = /connection: close/i.test(text) ? 10_000 : 500,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'))
    let received = ''
    socket.setEncoding('latin1')
    socket.setTimeout(silenceMs, () => socket.destroy())
    socket.on('data', (part: string) => (received += part))
    socket.on('close', () => resolve(received))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' ? undefined : reject(error),
    )
  })
}

/** What a connection came to. */
export interface Talk {
  readonly received: string
  /** The server closed it; otherwise it fell silent. */
  readonly isClosed: boolean
}

/** Write the parts, one after the other, and read only then: until the server closes or falls silent. */
export function talk(port: number, parts: Iterable<string>, silenceMs = 3000): Promise<Talk> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let received = ''
    let isClosed = false
    socket.setEncoding('latin1').on('data', (part: string) => (received += part))
    socket.setTimeout(silenceMs, () => socket.destroy())
    socket.on('end', () => (isClosed = true))
    socket.on('close', () => resolve({ received, isClosed }))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      isClosed = true
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error)
    })
    for (const part of parts) socket.write(part, 'latin1')
  })
}

/** Split what came into responses. Throws unless every byte belongs to a well-formed one. */
export function parseResponses(received: string, methods: string[]): WireResponse[] {
  const responses: WireResponse[] = []
  let rest = received
  while (rest !== '') {
    const [response, after] = parseOne(rest, methods[responses.length] ?? 'GET')
    responses.push(response)
    rest = after
  }
  return responses
}

function parseOne(text: string, method: string): [WireResponse, string] {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) throw new Error(`no end of head in ${JSON.stringify(text)}`)
  const [first = '', ...lines] = text.slice(0, end).split('\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3})( [\t -~]*)?$/.exec(first)?.[1] ?? Number.NaN)
  if (Number.isNaN(status)) throw new Error(`not a status line: ${JSON.stringify(first)}`)
  const headers = lines.map((line): [string, string] => {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\u0080-\u00ff]*)$/.exec(line)
    if (!match) throw new Error(`not a header: ${JSON.stringify(line)}`)
    return [match[1]!.toLowerCase(), match[2]!.trimEnd()]
  })
  const [body, rest] = takeBody(text.slice(end + 4), method, status, headers)
  return [{ status, headers, body }, rest]
}

function takeBody(
  text: string,
  method: string,
  status: number,
  headers: [string, string][],
): [string, string] {
  const length = headers.filter(([name]) => name === 'content-length').map(([, value]) => value)
  const coding = headers.filter(([name]) => name === 'transfer-encoding').map(([, value]) => value)
  if (length.length + coding.length > 1) throw new Error(`framed twice: ${JSON.stringify(headers)}`)
  if (method === 'HEAD' || status === 204 || status === 304) return ['', text]
  if (length[0] !== undefined) {
    if (text.length < Number(length[0])) throw new Error('body is too short')
    return [text.slice(0, Number(length[0])), text.slice(Number(length[0]))]
  }
  if (coding[0] === 'chunked') return takeChunks(text)
  const last = headers.some(([name, value]) => name === 'connection' && value.toLowerCase() === 'close')
  if (last && !text.includes('HTTP/1.')) return [text, '']
  throw new Error(`no framing: ${JSON.stringify(headers)}`)
}

function takeChunks(text: string): [string, string] {
  let body = ''
  for (let rest = text; ;) {
    const size = /^([0-9a-f]+)\r\n/i.exec(rest)
    if (!size) throw new Error(`not a chunk: ${JSON.stringify(rest.slice(0, 40))}`)
    const from = size[0].length
    const bytes = Number.parseInt(size[1]!, 16)
    if (rest.slice(from + bytes, from + bytes + 2) !== '\r\n') throw new Error('chunk has no end')
    body += rest.slice(from, from + bytes)
    rest = rest.slice(from + bytes + 2)
    if (bytes === 0) return [body, rest]
  }
}
