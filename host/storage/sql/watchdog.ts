/**
 * A thread beside the one that SQLite holds, in a process for SQL: it ends the process when a call takes much longer than it
 * may. The pool does so before, unless whoever has the pool is gone.
 */
import { workerData } from 'node:worker_threads'
import { type Deadline, toSeconds } from './seconds.ts'

const LOOK_MS = 1000

const deadline = workerData as Deadline
setInterval(() => {
  const until = Atomics.load(deadline, 0)
  if (until !== 0 && toSeconds() > until) process.kill(process.pid, 'SIGKILL')
}, LOOK_MS)
