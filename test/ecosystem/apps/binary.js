import { decode, encode } from 'cbor-x'
import { parse, stringify } from 'devalue'
import { pack, unpack } from 'msgpackr'

const value = { a: [1, 'x', null, 1.5], when: new Date(0) }
const hex = (bytes) => Buffer.from(bytes).toString('hex')

export default {
  fetch: () =>
    Response.json([
      hex(pack(value)),
      unpack(pack(value)),
      hex(encode({ a: [1, 'x'] })),
      decode(encode(value)),
      stringify({ map: new Map([[1, new Set([2])]]), pattern: /x/g, large: 1n }),
      parse(stringify(value)),
    ]),
}
