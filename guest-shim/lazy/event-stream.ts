/** An event stream's bytes to messages (HTML 9.2.5 and 9.2.6). Pure; one of these reads one stream. */

/** One message. */
export interface StreamMessage {
  readonly type: string
  readonly data: string
  readonly lastEventId: string
}

/** Who is told. */
export interface EventStreamPort {
  message(message: StreamMessage): void
  /** How long to wait before connecting again, in milliseconds. */
  retry(ms: number): void
}

const LINE_END = /\r\n|\n|\r/g
const BYTE_ORDER_MARK = '\u{feff}'
const DIGITS = /^[0-9]+$/

export class EventStream {
  readonly #port: EventStreamPort
  /** Has characters whose bytes come apart. */
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  #isFirst = true
  /** The line that has begun. */
  #line = ''
  /** The last line ended with a CR: an LF right behind it is the same end. */
  #isAfterCr = false
  #type = ''
  /** Each line of it with its LF. */
  #data = ''
  #id: string
  #lastEventId: string

  /** `lastEventId`: what that was before this stream. */
  constructor(port: EventStreamPort, lastEventId = '') {
    this.#port = port
    this.#id = this.#lastEventId = lastEventId
  }

  /** The id of the last block that came to its end, also of one without data. */
  get lastEventId(): string {
    return this.#lastEventId
  }

  /** What has come. A block that the stream ends within is dropped, as the standard wants it. */
  feed(bytes: Uint8Array): void {
    let text = this.#decoder.decode(bytes, { stream: true })
    if (text === '') return
    if (this.#isFirst && text.startsWith(BYTE_ORDER_MARK)) text = text.slice(1)
    this.#isFirst = false
    if (this.#isAfterCr && text.startsWith('\n')) text = text.slice(1)
    this.#isAfterCr = text.endsWith('\r')
    let start = 0
    for (const { 0: end, index } of text.matchAll(LINE_END)) {
      this.#take(this.#line + text.slice(start, index))
      this.#line = ''
      start = index + end.length
    }
    this.#line += text.slice(start)
  }

  #take(line: string): void {
    if (line === '') return this.#dispatch()
    const colon = line.indexOf(':')
    // a comment
    if (colon === 0) return
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'data') this.#data += `${value}\n`
    else if (field === 'event') this.#type = value
    else if (field === 'id' && !value.includes('\0')) this.#id = value
    else if (field === 'retry' && DIGITS.test(value)) this.#port.retry(Number(value))
  }

  #dispatch(): void {
    const type = this.#type || 'message'
    const data = this.#data
    this.#type = this.#data = ''
    this.#lastEventId = this.#id
    if (data !== '') this.#port.message({ type, data: data.slice(0, -1), lastEventId: this.#id })
  }
}
