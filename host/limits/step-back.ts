/** What serves nobody steps back behind what does, when both have work and there are not enough processors. */
import { readlinkSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'
import { basename } from 'node:path'

/** Of nice(2). Beside a thread that serves it gets a third of what that one gets, and all when that one has nothing to do. */
const NICE = 5

/** From now on the thread that calls it, and the processes that it starts, step back. Elsewhere than on Linux nothing happens. */
export function stepBack(): void {
  const id = readThreadId()
  if (id !== undefined) setPriority(id, Math.max(NICE, getPriority(id)))
}

/** As the kernel knows it. */
function readThreadId(): number | undefined {
  try {
    return Number(basename(readlinkSync('/proc/thread-self')))
  } catch {
    return undefined
  }
}
