/**
 * Which of an app's faults ended a turn. Pure.
 */
import type { ErrorCode } from '../errors.ts'

/** What the open requests get after a turn that did not return. `isFull`: whether the guest has no memory left. */
export function toTrapCode(trap: unknown, isLate: boolean, isFull: boolean): ErrorCode {
  // a stack overflow is the host's word for endless recursion, whatever the time
  if (!(trap instanceof WebAssembly.RuntimeError)) return 'APP_TRAPPED'
  if (isLate) return 'APP_CPU_LIMIT'
  return isFull ? 'APP_MEMORY_LIMIT' : 'APP_TRAPPED'
}
