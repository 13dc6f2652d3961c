/** `HTMLRewriter`, as Cloudflare documents it. A page is UTF-8 afterwards, whatever it was. */

import { TextDecoderStream } from '../globals/encoding-streams.ts'
import { encode } from '../globals/primordials.ts'
import { isResponse, Response } from '../globals/response.ts'
import { getReader, openStream, pipeThrough, read, type ReadableStream } from '../globals/streams.ts'
import { finishInterface, requireArguments, toMembers, toText } from '../globals/web-idl.ts'
import { escapeText, type Piece } from './html/content.ts'
import { type DocumentHandlers, type ElementHandlers, Rewriter } from './html/rewriter.ts'
import { toMatch } from './html/selector.ts'

type Bytes = Uint8Array<ArrayBuffer>
type Reader = ReturnType<typeof getReader<Uint8Array>>
type Members = Readonly<Record<string, unknown>>

const CHARSET = /;\s*charset\s*=\s*"?([^\s";]+)"?/i
const UTF_8 = 'utf-8'

export class HTMLRewriter {
  readonly #elements: ElementHandlers[] = []
  readonly #documents: DocumentHandlers[] = []

  /** `handlers`: `element`, `comments` and `text`, which may return promises; each is waited for. */
  on(...given: [selector: unknown, handlers?: unknown]): this {
    requireArguments(given.length, 1, 'HTMLRewriter.on')
    const handlers = toHandlers(given[1], ['element', 'comments', 'text'], 'HTMLRewriter.on')
    this.#elements.push({ match: toMatch(toText(given[0])), ...handlers })
    return this
  }

  /** `handlers`: `doctype`, `comments`, `text` and `end`. */
  onDocument(...given: [handlers?: unknown]): this {
    requireArguments(given.length, 1, 'HTMLRewriter.onDocument')
    this.#documents.push(
      toHandlers(given[0], ['doctype', 'comments', 'text', 'end'], 'HTMLRewriter.onDocument'),
    )
    return this
  }

  /** A response whose body is rewritten as it is read. An error of a handler is one of the body. */
  transform(response: unknown): Response {
    if (!isResponse(response)) throw new TypeError('HTMLRewriter.transform: expected a Response')
    const { body } = response
    if (body === null) return response
    const type = response.headers.get('content-type') ?? ''
    const charset = CHARSET.exec(type)?.[1] ?? UTF_8
    const decoder = new TextDecoder(charset, { ignoreBOM: true })
    const reader = getReader(body)
    const chunks = rewrite(reader, new Rewriter([...this.#elements], [...this.#documents]), decoder)
    const stream = openStream<Bytes>({
      async pull(controller) {
        const { done, value } = await chunks.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      cancel: async (reason) => {
        void chunks.return()
        await reader.cancel(reason)
      },
    })
    const rewritten = new Response(stream, response as unknown as ResponseInit)
    rewritten.headers.delete('content-length')
    if (decoder.encoding !== UTF_8)
      rewritten.headers.set('content-type', type.replace(CHARSET, `; charset=${UTF_8}`))
    return rewritten
  }
}

finishInterface(HTMLRewriter, 'HTMLRewriter')

/** Called with the object that they are members of. */
function toHandlers(given: unknown, names: readonly string[], what: string): object {
  const members = toMembers(given as Members, what)
  const handlers: Record<string, unknown> = {}
  for (const name of names) {
    const handler = members[name]
    if (handler === undefined) continue
    if (typeof handler !== 'function') {
      throw new TypeError(`${what}: expected "${name}" to be a function, got ${typeof handler}`)
    }
    handlers[name] = (node: unknown): unknown => handler.call(members, node)
  }
  return handlers
}

async function* rewrite(
  reader: Reader,
  rewriter: Rewriter,
  decoder: TextDecoder,
): AsyncGenerator<Bytes, void, void> {
  let isOver = false
  try {
    while (!isOver) {
      // oxlint-disable-next-line no-await-in-loop -- a stream
      const { done, value } = await read(reader)
      isOver = done
      // oxlint-disable-next-line no-await-in-loop -- see above
      const pieces = await rewriter.write(done ? decoder.decode() : decoder.decode(value, { stream: true }))
      yield* toBytes(pieces)
    }
    yield* toBytes(await rewriter.end())
  } catch (error) {
    if (!isOver) void reader.cancel(error)
    throw error
  }
}

async function* toBytes(pieces: readonly Piece[]): AsyncGenerator<Bytes, void, void> {
  let text = ''
  for (const piece of pieces) {
    if (typeof piece === 'string') text += piece
    else {
      if (text !== '') yield encode(text)
      text = ''
      if (piece.isMarkup) yield* piece.stream as ReadableStream<Bytes>
      else for await (const chunk of toTexts(piece.stream)) yield encode(escapeText(chunk))
    }
  }
  if (text !== '') yield encode(text)
}

const toTexts = (stream: ReadableStream<Uint8Array>) =>
  pipeThrough<string>(stream as ReadableStream<never>, new TextDecoderStream())
