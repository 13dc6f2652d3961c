/**
 * A process for SQL: one call at a time, in order, each on an SQLite file. It may be killed at any moment: what it has
 * answered is on the disk. It ends when whoever started it goes.
 */
import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { type FromSqlProcess, MOST_OPEN, type SqlCall, type SqlOutcome } from './call.ts'
import { SqlDatabase } from './database.ts'
import { toErrorText } from './error-text.ts'
import { parseStatements } from './parse-statements.ts'
import { type Deadline, toSeconds } from './seconds.ts'

/** The pool ends what takes too long; so much later it is ended here. */
const GRACE_S = 5

/** By path, the one that was used last at the end. */
const open = new Map<string, SqlDatabase>()
const deadline: Deadline = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

// its own memory is small, and it keeps nobody from exiting
new Worker(join(import.meta.dirname, `watchdog${extname(import.meta.filename)}`), {
  workerData: deadline,
  resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 },
}).unref()

process.on('message', (call: SqlCall) => say(run(call)))
process.on('disconnect', () => {
  for (const path of open.keys()) close(path)
  process.exit()
})
say({ type: 'ready' })

function run(call: SqlCall): SqlOutcome {
  const { database, shape, statements, timeMs } = call
  Atomics.store(deadline, 0, toSeconds() + Math.ceil(timeMs / 1000) + GRACE_S)
  try {
    const text = find(database).run(parseStatements(statements), shape)
    return { type: 'done', body: Buffer.from(text) }
  } catch (error) {
    return { type: 'failed', message: toErrorText(error) }
  } finally {
    Atomics.store(deadline, 0, 0)
    if (open.get(database.path)?.isSpent === true) close(database.path)
  }
}

function find(file: SqlCall['database']): SqlDatabase {
  const { path } = file
  const database = open.get(path) ?? new SqlDatabase(file)
  open.delete(path)
  open.set(path, database)
  if (open.size > MOST_OPEN) close(open.keys().next().value!)
  return database
}

function close(path: string): void {
  open.get(path)?.[Symbol.dispose]()
  open.delete(path)
}

function say(message: FromSqlProcess): void {
  process.send!(message)
}
