/** Why tests fail that are not going to pass, by the beginning of a file's path. */

const SHARED = 'shared memory, which these tests get from WebAssembly.Memory: a guest has neither'

const REASONS: readonly (readonly [string, string])[] = [
  ['compression/compression-bad-chunks', SHARED],
  ['compression/decompression-bad-chunks', SHARED],
  ['encoding/encodeInto', SHARED],
  ['encoding/streams/decode-utf8', SHARED],
  ['encoding/textdecoder-copy', SHARED],
  ['encoding/textdecoder-streaming', SHARED],
  ['streams/piping/general-addition', 'the library writes a chunk that a pipe already waits for at once'],
  [
    'streams/readable-byte-streams/non-transferable-buffers',
    'a buffer of a WebAssembly.Memory: a guest has none',
  ],
  ['streams/readable-streams/owning-type', 'a proposal that is in no standard'],
]

export function reasonFor(path: string): string | undefined {
  return REASONS.find(([start]) => path.startsWith(start))?.[1]
}
