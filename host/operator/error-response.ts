/** Errors of the operator's listener: unlike a tenant's clients, whoever operates the host reads what was wrong. */

import { NanoError, toStatus } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'

/** Headers that go with a code. */
const HEADERS: Partial<Record<ErrorCode, Readonly<Record<string, string>>>> = {
  UNAUTHORIZED: { 'WWW-Authenticate': 'Bearer realm="nano-workers"' },
  TOO_MANY_TRIES: { 'Retry-After': '1' },
  STARTING: { 'Retry-After': '1' },
  UPLOADS_BUSY: { 'Retry-After': '5' },
  TAILS_BUSY: { 'Retry-After': '5' },
}

/** `{"error":{"code","message","blame"}}`. What nobody expected is for the log. */
export function toErrorResponse(
  { code, message, blame }: NanoError,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const shown = blame === 'runtime' ? 'something went wrong inside the server; its log says what' : message
  return Response.json(
    { error: { code, message: shown, blame } },
    { status: toStatus(code), headers: { ...HEADERS[code], ...headers } },
  )
}

/** The answer for a method that there is not. */
export function toMethodNotAllowed(allowed: readonly string[]): Response {
  const Allow = allowed.join(', ')
  return toErrorResponse(new NanoError('METHOD_NOT_ALLOWED', `expected ${Allow}`), { Allow })
}
