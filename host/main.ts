/** Door: the command line. `cli/program.ts` has the commands. */

import { run } from './cli/run.ts'

process.exitCode = await run(process.argv.slice(2), async (options) => {
  const { startServer } = await import('./server.ts')
  return startServer(options)
})
