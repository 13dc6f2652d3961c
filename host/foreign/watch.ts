/** Processor time of a process, as the kernel counts it. Linux only: elsewhere it is 0. */

import { readFileSync } from 'node:fs'

/** Of the kernel's clock. */
const TICK_MS = 10
/** Of what follows the name, which may hold anything. */
const [USER, SYSTEM] = [11, 12] as const

/** In milliseconds since its start. */
export function readProcessMs(pid: number): number {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return 0
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[USER]) + Number(fields[SYSTEM])) * TICK_MS
}
