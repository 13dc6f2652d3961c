/** How much of the host's code is executed: counts, the same on every machine. */

import { Session } from 'node:inspector/promises'

/** Blocks of code in files of these rooms that this thread executes meanwhile, each as often as it is. */
export async function countExecuted(rooms: readonly string[], run: () => Promise<unknown>): Promise<number> {
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
    await run()
    const { result } = await session.post('Profiler.takePreciseCoverage')
    return result
      .filter(({ url }) => rooms.some((room) => url.includes(`/host/${room}/`)))
      .flatMap(({ functions }) => functions)
      .flatMap(({ ranges }) => ranges)
      .reduce((sum, { count }) => sum + count, 0)
  } finally {
    session.disconnect()
  }
}
