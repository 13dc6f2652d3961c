import { Writable, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import split2 from 'split2'
import through2 from 'through2'
import winston from 'winston'

export default {
  async fetch() {
    const lines = []
    await pipeline(
      Readable.from(['a\nb', 'c\nd']),
      split2(),
      through2.obj(function (line, _encoding, done) {
        this.push(line.toUpperCase())
        done()
      }),
      async (source) => {
        for await (const line of source) lines.push(line)
      },
    )
    const logged = []
    const stream = new Writable({
      write(chunk, _encoding, done) {
        logged.push(String(chunk))
        done()
      },
    })
    const { combine, json, splat } = winston.format
    const log = winston.createLogger({
      format: combine(splat(), json()),
      defaultMeta: { app: 'x' },
      transports: [new winston.transports.Stream({ stream })],
    })
    log.info('hello %s', 'you', { a: 1 })
    log.debug('not shown')
    log.child({ request: 5 }).warn('careful')
    await new Promise((resolve) => setTimeout(resolve, 5))
    return Response.json([lines, logged])
  },
}
