/**
 * What an app puts into a page: text or markup, at once or as a stream.
 */

import { isReadableStream, type ReadableStream } from '../../globals/streams.ts'
import { isResponse } from '../../globals/response.ts'
import { toText } from '../../globals/web-idl.ts'

/** A part of the page as it goes out. A stream's bytes are taken as UTF-8. */
export type Piece = string | StreamPiece

export interface StreamPiece {
  readonly stream: ReadableStream<Uint8Array>
  /** Whether it is markup; text is escaped on its way. */
  readonly isMarkup: boolean
}

export interface ContentOptions {
  /** Whether the content is markup; it is text without. */
  readonly html?: boolean
}

const SPECIAL = /[&<>]/g
const REFERENCES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** Text as markup that shows it. */
export const escapeText = (text: string): string => text.replace(SPECIAL, (each) => REFERENCES[each]!)

export function toPiece(content: unknown, options: ContentOptions | null | undefined): Piece {
  const isMarkup = Boolean(options?.html)
  if (isReadableStream(content)) return { stream: content as ReadableStream<Uint8Array>, isMarkup }
  if (isResponse(content)) {
    const { body } = content
    return body === null ? '' : { stream: body, isMarkup }
  }
  const text = toText(content)
  return isMarkup ? text : escapeText(text)
}

/**
 * What is put around a token, and in its place. What comes after it is in the opposite order of the calls, so that each is
 * next to the token.
 */
export class Changes {
  readonly before: Piece[] = []
  readonly after: Piece[] = []
  replacement: Piece | undefined
  isRemoved = false

  replace(piece: Piece): void {
    this.replacement = piece
    this.isRemoved = true
  }

  /** `text`: the token as it goes out if it stays. */
  addTo(pieces: Piece[], text: string): void {
    pieces.push(...this.before)
    if (!this.isRemoved) pieces.push(text)
    else if (this.replacement !== undefined) pieces.push(this.replacement)
    pieces.push(...this.after)
  }
}
