/**
 * Which of an app's faults ended a turn. Pure.
 */
import type { ErrorCode } from '../errors.ts'

/** A memory with less room than this is full: the guest asks for more at a time. */
const FULL_BYTES = 2 * 1024 * 1024

/** What the open requests get after a turn that did not return. `room`: bytes that the memory could still grow. */
export function toTrapCode(trap: unknown, isLate: boolean, room: number): ErrorCode {
  // a stack overflow is the host's word for endless recursion, whatever the time
  if (!(trap instanceof WebAssembly.RuntimeError)) return 'APP_TRAPPED'
  if (isLate) return 'APP_CPU_LIMIT'
  return room <= FULL_BYTES ? 'APP_MEMORY_LIMIT' : 'APP_TRAPPED'
}
