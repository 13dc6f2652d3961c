/**
 * The statements of a call, as a guest puts them: `[{"sql", "params"}]` as JSON without line breaks, LF, and then the bytes of
 * all BLOBs, one behind the other. A parameter is null, a number, a text, or `{"blob": length}`.
 */

export type Parameter = null | number | string | Uint8Array

export interface Statement {
  readonly sql: string
  readonly params: readonly Parameter[]
}

const LF = 10

/** Throws a `TypeError` that says what was expected. */
export function parseStatements(bytes: Uint8Array): Statement[] {
  const end = bytes.indexOf(LF)
  const text = new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end))
  const list: unknown = JSON.parse(text)
  if (!Array.isArray(list)) throw new TypeError('expected a list of statements')
  let at = end < 0 ? bytes.length : end + 1
  return list.map((each: unknown) => {
    const { sql, params } = (each ?? {}) as { sql?: unknown; params?: unknown }
    if (typeof sql !== 'string' || !Array.isArray(params)) {
      throw new TypeError('expected a statement and its parameters')
    }
    return {
      sql,
      params: params.map((param: unknown): Parameter => {
        if (param === null || typeof param === 'number' || typeof param === 'string') return param
        const { blob } = param as { blob?: unknown }
        const isWithin = typeof blob === 'number' && blob >= 0 && at + blob <= bytes.length
        if (!isWithin) throw new TypeError('expected a parameter that is null, a number, a text or bytes')
        at += blob
        return bytes.subarray(at - blob, at)
      }),
    }
  })
}
