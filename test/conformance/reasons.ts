/** Why tests fail that are not going to pass, by the beginning of a file's path. */

const SHARED = 'shared memory, which these tests get from WebAssembly.Memory: a guest has neither'

const STILL = 'they wait for the clock within a turn, where time stands still'
const LATE = 'a global that is made when it is first read is an accessor until then'

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
  ['url/idlharness', "the engine's getters give undefined where they are to throw"],
  ['url/', "the engine's parser; Node and workerd have more of them"],
  ['fetch/api/headers/', 'control characters in values, which the client for HTTP refuses, as Node does'],
  ['fetch/api/basic/historical', 'Headers.getAll is there, as Workers have it'],
  [
    'fetch/api/response/response-stream-with-broken-then',
    'the library of streams looks at Object.prototype.then',
  ],
  ['performance-timeline/po-entries-sort', STILL],
  ['performance-timeline/webtiming-resolution', STILL],
  ['performance-timeline/case-sensitivity', 'times of loaded resources, which only pages have'],
  ['performance-timeline/droppedentriescount', 'times of loaded resources, which only pages have'],
  ['performance-timeline/idlharness', LATE],
  ['user-timing/idlharness', LATE],
  ['hr-time/idlharness', LATE],
  ['webmessaging/', 'an instance has no origin'],
  ['WebCryptoAPI/derive_bits_keys/pbkdf2', 'runs out of time on a busy machine'],
  ['websockets/Create-non-absolute-url', 'a worker has no address that a relative URL could be relative to'],
]

export function reasonFor(path: string): string | undefined {
  return REASONS.find(([start]) => path.startsWith(start))?.[1]
}
