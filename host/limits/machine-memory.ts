/** How much memory there is for the process, in MiB: what its control group leaves it, or the machine has. */
import { totalmem } from 'node:os'

const BYTES_PER_MB = 1024 * 1024

export function toMachineMb(): number {
  const limit = process.constrainedMemory()
  return Math.min(totalmem(), limit > 0 ? limit : Infinity) / BYTES_PER_MB
}
