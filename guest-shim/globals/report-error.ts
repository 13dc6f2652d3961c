/**
 * Errors that nobody caught: an event first, then a line of the log, unless a listener has cancelled it.
 */

import { reportError as log } from '../bindings/report.ts'
import { ErrorEvent, PromiseRejectionEvent } from './event.ts'
import { defineHandler, fire, hooks } from './event-target.ts'
import { requireArguments } from './web-idl.ts'

/** An error while one is reported is not reported as an event again. */
let isReporting = false

/** Never throws. */
export function reportException(error: unknown): void {
  try {
    if (isReporting || fireError(error)) log(error)
  } catch {
    // not even that can be told
  }
}

/** A rejection that nobody handles. Never throws. */
export function reportRejection(promise: object, reason: unknown): void {
  try {
    const init = { promise, reason, cancelable: true }
    if (fire(globalThis, new PromiseRejectionEvent('unhandledrejection', init)))
      log(reason, 'Unhandled rejection: ')
  } catch {
    // not even that can be told
  }
}

/** Whether it is to be logged. */
function fireError(error: unknown): boolean {
  isReporting = true
  try {
    const { message = '', fileName = '', lineNumber = 0, columnNumber = 0 } = fieldsOf(error)
    const init = {
      message,
      filename: fileName,
      lineno: lineNumber,
      colno: columnNumber,
      error,
      cancelable: true,
    }
    return fire(globalThis, new ErrorEvent('error', init))
  } catch {
    return true
  } finally {
    isReporting = false
  }
}

/** Of an Error of the engine's. */
function fieldsOf(error: unknown): Readonly<Record<string, unknown>> {
  if (typeof error === 'object' && error !== null) return error as Record<string, unknown>
  return { message: String(error) }
}

/** The global `reportError`. */
export function reportError(error: unknown): void {
  requireArguments(arguments.length, 1, 'reportError')
  reportException(error)
}

export function wireErrors(): void {
  hooks.report = reportException
  for (const type of ['error', 'unhandledrejection', 'rejectionhandled']) defineHandler(globalThis, type)
}
