/** `node:perf_hooks`: the platform's `performance`, with what Node.js has beside it. */

import unenv from 'unenv/node/perf_hooks'

const IDLE = { idle: 0, active: 0, utilization: 0 }

/** An instance has no loop of its own that could be busy. */
const more = {
  eventLoopUtilization: () => ({ ...IDLE }),
  timerify: <F extends (...args: never[]) => unknown>(run: F): F => run,
}

export const { performance } = unenv as unknown as typeof import('node:perf_hooks')
for (const [name, value] of Object.entries(more)) {
  if (name in performance) continue
  Object.defineProperty(performance, name, { value, writable: true, configurable: true })
}

export const { eventLoopUtilization, timerify } = more
export * from 'unenv/node/perf_hooks'
export default { ...unenv, ...more }
