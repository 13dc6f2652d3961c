import { pipeline } from 'node:stream/promises'
import { Readable, Transform, Writable } from 'node:stream'

export default {
  async fetch() {
    const parts = []
    await pipeline(
      Readable.from(['a', 'b', 'c']),
      new Transform({ transform: (chunk, _encoding, done) => done(null, String(chunk).toUpperCase()) }),
      new Writable({
        write(chunk, _encoding, done) {
          parts.push(String(chunk))
          done()
        },
      }),
    )
    return Response.json(parts)
  },
}
