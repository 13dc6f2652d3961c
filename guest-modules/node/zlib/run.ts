/** One array of bytes to another, by the host, within the call. */

import { door } from '../../door.ts'
import type { Buffer } from '../buffer.ts'
import { type Data, toBuffer, toBytes } from '../crypto/data.ts'

export interface Options {
  readonly level?: number
  readonly memLevel?: number
  readonly strategy?: number
  readonly windowBits?: number
  readonly maxOutputLength?: number
  readonly finishFlush?: number
  readonly dictionary?: Data
  readonly params?: Readonly<Record<number, number>>
}

/** Node.js's numbers of parameters. */
const BROTLI_PARAM_MODE = 0
const BROTLI_PARAM_QUALITY = 1

export function run(method: string, data: Data, options: Options = {}): Buffer {
  const {
    level,
    memLevel,
    strategy,
    windowBits,
    maxOutputLength,
    finishFlush,
    dictionary,
    params = {},
  } = options
  const call = { name: 'zlib', method, level, memLevel, strategy, windowBits, maxOutputLength, finishFlush }
  const brotli = { quality: params[BROTLI_PARAM_QUALITY], mode: params[BROTLI_PARAM_MODE] }
  const words = dictionary === undefined ? undefined : toBytes(dictionary)
  return toBuffer(door.compute({ ...call, ...brotli }, undefined, toBytes(data), words))
}
