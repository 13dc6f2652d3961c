/** How a call of a store comes to nothing, as the app that made it is told. */

/**
 * - STORAGE_UNAVAILABLE: the store cannot be reached or does not answer; whether a change was made is not known.
 * - STORAGE_FULL: there is no room for it; nothing was changed.
 * - STORAGE_LIMIT: more than may be; nothing was changed.
 * - STORAGE_INVALID: the call asks for what there is not.
 * - STORAGE_BROKEN: what is stored cannot be read.
 * - CALL_DEPTH, CALL_LIMIT, CALL_UNKNOWN: of a call of another app. Too many lead to it; it is more than may be; there is no such app.
 */
export type StorageCode =
  | 'STORAGE_UNAVAILABLE'
  | 'STORAGE_FULL'
  | 'STORAGE_LIMIT'
  | 'STORAGE_INVALID'
  | 'STORAGE_BROKEN'
  | 'CALL_DEPTH'
  | 'CALL_LIMIT'
  | 'CALL_UNKNOWN'

/** In a form that can be posted to a thread. */
export interface StorageFailure {
  /** Of the JavaScript error. */
  readonly name: string
  /** A `StorageCode`, or nothing. */
  readonly code: string
  readonly message: string
}

/** What a store throws. */
export class StorageError extends Error {
  readonly code: StorageCode | ''
  /** Of the error that the app gets. */
  readonly errorName: string

  constructor(
    code: StorageCode | '',
    message: string,
    { name = 'Error', cause }: { name?: string; cause?: unknown } = {},
  ) {
    super(message, { cause })
    this.name = 'StorageError'
    this.code = code
    this.errorName = name
  }
}

/** What is no `StorageError` is a fault of the store: the app is not told what. */
export function toFailure(thrown: unknown): StorageFailure {
  if (!(thrown instanceof StorageError))
    return {
      name: 'Error',
      code: 'STORAGE_BROKEN',
      message: 'the store failed; the log of the server says why',
    }
  const { errorName: name, code, message } = thrown
  return { name, code, message }
}
