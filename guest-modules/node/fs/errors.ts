/** Errors of a file system, as Node.js words them. */

import { getSystemErrorMap } from '../util/system-errors.ts'

type Code =
  | 'EBADF'
  | 'EEXIST'
  | 'EINVAL'
  | 'EISDIR'
  | 'ELOOP'
  | 'ENOENT'
  | 'ENOSPC'
  | 'ENOTDIR'
  | 'ENOTEMPTY'
  | 'EPERM'
  | 'EROFS'

const HINTS: Readonly<Record<string, string>> = {
  EROFS: ': an app has /tmp, for as long as its instance lives; keep data in a binding',
}

/** By their codes. */
const KNOWN = new Map(Array.from(getSystemErrorMap(), ([errno, [code, text]]) => [code, { errno, text }]))

/** What failed in the system, and with which files. */
export function systemError(code: Code, syscall: string, path?: string, dest?: string): Error {
  const { errno, text } = KNOWN.get(code)!
  const files = path === undefined ? '' : ` '${path}'${dest === undefined ? '' : ` -> '${dest}'`}`
  const error = new Error(`${code}: ${text}${HINTS[code] ?? ''}, ${syscall}${files}`)
  return Object.assign(
    error,
    { errno, code, syscall },
    path !== undefined && { path },
    dest !== undefined && { dest },
  )
}

/** Whether it came from the system, and not from the arguments. */
export const isOfSystem = (error: unknown): boolean => error instanceof Error && 'syscall' in error
