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

/** Undefined: there are no such bytes. A header that is no single range asks for all of them. */
export function toRange(ask: RangeAsk | undefined, size: number): Range | undefined {
  const all = { offset: 0, length: size }
  if (ask === undefined) return all
  if ('header' in ask) {
    const { first = '', last = '' } = ONE_RANGE.exec(ask.header)?.groups ?? {}
    if (first === '' && last === '') return all
    if (first === '') return toRange({ suffix: Number(last) }, size)
    if (last === '') return toPart(Number(first), Infinity, size)
    const length = Number(last) - Number(first) + 1
    return length > 0 ? toPart(Number(first), length, size) : all
  }
  if ('suffix' in ask) {
    const length = Math.min(ask.suffix, size)
    return toPart(size - length, length, size)
  }
  return toPart(ask.offset ?? 0, ask.length ?? Infinity, size)
}

function toPart(offset: number, most: number, size: number): Range | undefined {
  const length = Math.min(most, size - offset)
  return length > 0 ? { offset, length } : undefined
}
