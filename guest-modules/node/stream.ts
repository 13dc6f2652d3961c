/** `node:stream`, by the package that is Node.js's own. */

import stream from 'readable-stream'
import { addWebAdapters } from './stream/web-adapters.ts'

addWebAdapters()

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
  isDisturbed,
  isErrored,
  isReadable,
  pipeline,
  promises,
} = stream

export default stream
