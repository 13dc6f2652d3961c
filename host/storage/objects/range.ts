/** Which bytes of an object are asked for. */

export type RangeAsk =
  | { readonly offset?: number; readonly length?: number }
  | { readonly suffix: number }
  /** The text of a Range header (RFC 9110, 14.2). */
  | { readonly header: string }

export interface Range {
  readonly offset: number
  readonly length: number
}

const ONE_RANGE = /^bytes=\s*(?<first>\d*)-(?<last>\d*)\s*$/i

/** Undefined: there are no such bytes. A header that is no single range of the object asks for all of it, as in R2. */
export function toRange(ask: RangeAsk | undefined, size: number): Range | undefined {
  const all = { offset: 0, length: size }
  if (ask === undefined) return all
  if ('header' in ask) return toRange(parseHeader(ask.header), size) ?? all
  if ('suffix' in ask) {
    const length = Math.min(ask.suffix, size)
    return toPart(size - length, length, size)
  }
  const { offset, length } = ask
  if (offset === undefined && length === undefined) return all
  return toPart(offset ?? 0, length ?? Infinity, size)
}

function parseHeader(header: string): RangeAsk | undefined {
  const { first = '', last = '' } = ONE_RANGE.exec(header)?.groups ?? {}
  if (first === '' && last === '') return undefined
  if (first === '') return { suffix: Number(last) }
  if (last === '') return { offset: Number(first) }
  return { offset: Number(first), length: Number(last) - Number(first) + 1 }
}

function toPart(offset: number, most: number, size: number): Range | undefined {
  const length = Math.min(most, size - offset)
  return length > 0 ? { offset, length } : undefined
}
