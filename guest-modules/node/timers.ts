/** `node:timers`: the global ones. */

import promises from './timers/promises.ts'

const { clearImmediate, clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } = globalThis

export { clearImmediate, clearInterval, clearTimeout, promises, setImmediate, setInterval, setTimeout }
export default {
  clearImmediate,
  clearInterval,
  clearTimeout,
  promises,
  setImmediate,
  setInterval,
  setTimeout,
}
