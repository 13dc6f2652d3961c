/** What a Durable Object asks of its file, and what is said back. */

/** As wit/durable-storage.wit has them. */
export type Operation =
  | 'get'
  | 'entries'
  | 'put'
  | 'delete'
  | 'delete-all'
  | 'query'
  | 'get-alarm'
  | 'set-alarm'
  | 'size'
  | 'begin'
  | 'release'
  | 'undo'

/** Its file, and the most that it may grow to. */
export interface ObjectPlace {
  readonly path: string
  readonly maxBytes: number
}

/** What the object is told, by its kind: `Error` and `TypeError` are thrown where it asked. */
export class Refused extends Error {
  readonly code: string

  constructor(message: string, { name = 'Error', code = '' }: { name?: string; code?: string } = {}) {
    super(message)
    this.name = name
    this.code = code
  }
}
