/** Until when what runs in a process for SQL may run, in `toSeconds`; 0: nothing does. Shared by its two threads. */
export type Deadline = Int32Array<SharedArrayBuffer>

/** Of a clock that all threads of a process have. */
export function toSeconds(): number {
  return Number(process.hrtime.bigint() / 1_000_000_000n)
}
