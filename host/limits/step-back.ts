/** What serves nobody steps back behind what does, when both have work and there are not enough processors. */
import { readlinkSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'
import { basename } from 'node:path'

/** Of nice(2). Beside a thread that serves it gets a third of what that one gets, and all when that one has nothing to do. */
const NICE = 5

/**
 * From now on the thread that calls it, and the processes that it starts, step back. Nothing happens where the system has no
 * such thing, or does not let them.
 */
export function stepBack(): void {
  try {
    // as the kernel knows the thread
    const id = Number(basename(readlinkSync('/proc/thread-self')))
    setPriority(id, Math.max(NICE, getPriority(id)))
  } catch {
    // it goes on as it was
  }
}
