/** `node:stream`, by the package that is Node.js's own. */

import stream from 'readable-stream'
import { duplexPair } from './stream/duplex-pair.ts'
import { addWebAdapters } from './stream/web-adapters.ts'

addWebAdapters()
Object.assign(stream, { duplexPair })

export const {
  Duplex,
  PassThrough,
  Readable,
  Stream,
  Transform,
  Writable,
  _isUint8Array,
  _uint8ArrayToBuffer,
  addAbortSignal,
  compose,
  destroy,
  finished,
  getDefaultHighWaterMark,
  isDisturbed,
  isErrored,
  isReadable,
  pipeline,
  promises,
  setDefaultHighWaterMark,
} = stream

export { duplexPair }
export default stream
