import createDebug from 'debug'
import pino from 'pino'

export default {
  fetch() {
    const lines = []
    pino(
      { browser: { write: (line) => lines.push(line.msg) } },
      { write: (line) => lines.push(JSON.parse(line).msg) },
    ).info('hi')
    return Response.json({ lines, debug: typeof createDebug('x') })
  },
}
