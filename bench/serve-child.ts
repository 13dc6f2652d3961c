/**
 * NANO as a server under test: what `nano-workers serve` does, plus counters for whoever started the process.
 * Arguments: configuration file, port, shards. Any message is answered with the counters.
 */

import { readConfig } from '../host/config/parse.ts'
import { startServer } from '../host/server.ts'

const [file, port, shards] = process.argv.slice(2)

const server = await startServer({
  config: { ...readConfig(file!), port: Number(port), shards: Number(shards), admin: false },
  log: ({ text }) => process.stderr.write(`${text}\n`),
})

process.on('message', () => {
  server.counters().then(
    (counters) => process.send?.(counters),
    (error: unknown) => process.stderr.write(`${String(error)}\n`),
  )
})
process.on('SIGTERM', () => process.exit())
