/**
 * Which of an app's faults ended a turn. Pure.
 */
import type { ErrorCode } from '../errors.ts'
import { StorageError } from '../storage/failure.ts'

/** What the open requests get after a turn that did not return. `isFull`: whether the guest has no memory left. */
export function toTrapCode(trap: unknown, isLate: boolean, isFull: boolean): ErrorCode {
  // of a Durable Object: it took longer than a turn may, or it is gone
  if (trap instanceof StorageError) return trap.code === 'STORAGE_LIMIT' ? 'APP_CPU_LIMIT' : 'STORAGE_LOST'
  // a stack overflow is the host's word for endless recursion, whatever the time
  if (!(trap instanceof WebAssembly.RuntimeError)) return 'APP_TRAPPED'
  if (isLate) return 'APP_CPU_LIMIT'
  return isFull ? 'APP_MEMORY_LIMIT' : 'APP_TRAPPED'
}
