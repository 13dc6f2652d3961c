/**
 * A guest's calls of the world's imports, past jco's glue: flat core arguments to what the bindings take. See
 * `lower-events.ts` for why.
 *
 * Every argument is a hostile guest's word: a list must lie in the guest's memory and is copied out of it at once; an
 * enum must name one of its cases. What does not hold ends the guest. Of texts and heads no more is copied than whoever
 * takes them looks at: a copy that is kept must not be as large as the guest's memory.
 */
import type * as Background from '../../wit/types/host/interfaces/nano-workers-background.d.ts'
import type * as Console from '../../wit/types/host/interfaces/nano-workers-console.d.ts'
import type * as Outbound from '../../wit/types/host/interfaces/nano-workers-outbound.d.ts'
import type * as RequestBody from '../../wit/types/host/interfaces/nano-workers-request-body.d.ts'
import type * as Response from '../../wit/types/host/interfaces/nano-workers-response.d.ts'
import type * as Timer from '../../wit/types/host/interfaces/nano-workers-timer.d.ts'

/** The host's half of the world, by interface. Functions are called without `this`. */
export interface Bindings {
  readonly 'nano:workers/response': typeof Response
  readonly 'nano:workers/request-body': typeof RequestBody
  readonly 'nano:workers/timer': typeof Timer
  readonly 'nano:workers/outbound': typeof Outbound
  readonly 'nano:workers/console': typeof Console
  readonly 'nano:workers/background': typeof Background
}

type CoreFunctions = Record<string, (...args: never[]) => unknown>

const LEVELS: readonly Console.Level[] = ['debug', 'info', 'warn', 'error']
const REDIRECTS: readonly Outbound.Redirect[] = ['follow', 'error', 'manual']

/** Bytes of a log line or an error that are copied; the log keeps fewer. */
const TEXT_BYTES = 16 * 1024
/** Bytes of a head that are copied: more than any head may have, so that one that is cut is refused for its length. */
const HEAD_BYTES = 256 * 1024

/** The interfaces as the core module imports them, names without version. */
export function liftImports(
  bindings: Bindings,
  memory: WebAssembly.Memory,
): Record<keyof Bindings, CoreFunctions> {
  let bytes = new Uint8Array(memory.buffer)
  /** A list<u8>, its first `most` bytes copied out. */
  const list = (at: number, length: number, most = Infinity): Uint8Array => {
    if (bytes.buffer !== memory.buffer) bytes = new Uint8Array(memory.buffer)
    const start = at >>> 0
    const end = start + (length >>> 0)
    if (end > bytes.length) throw new RangeError(`the guest gave bytes ${start} to ${end} of ${bytes.length}`)
    return bytes.slice(start, Math.min(end, start + most))
  }
  const text = (at: number, length: number): Uint8Array => list(at, length, TEXT_BYTES)
  const head = (at: number, length: number): Uint8Array => list(at, length, HEAD_BYTES)
  const response = bindings['nano:workers/response']
  const body = bindings['nano:workers/request-body']
  const outbound = bindings['nano:workers/outbound']
  const console = bindings['nano:workers/console']
  const background = bindings['nano:workers/background']
  const { wakeIn } = bindings['nano:workers/timer']

  return {
    'nano:workers/response': {
      send: (id: number, status: number, headers: number, headersSize: number, at: number, size: number) =>
        response.send(id >>> 0, status >>> 0, head(headers, headersSize), list(at, size)),
      start: (id: number, status: number, headers: number, headersSize: number) =>
        response.start(id >>> 0, status >>> 0, head(headers, headersSize)),
      write: (id: number, at: number, size: number) => (response.write(id >>> 0, list(at, size)) ? 1 : 0),
      finish: (id: number) => response.finish(id >>> 0),
      fail: (id: number, at: number, size: number) => response.fail(id >>> 0, text(at, size)),
    },
    'nano:workers/request-body': {
      pull: (id: number) => body.pull(id >>> 0),
      cancel: (id: number) => body.cancel(id >>> 0),
    },
    'nano:workers/timer': { 'wake-in': (delay: number, source: number) => wakeIn(delay, source >>> 0) },
    'nano:workers/outbound': {
      start: (
        id: number,
        headAt: number,
        headSize: number,
        at: number,
        size: number,
        more: number,
        redirect: number,
      ) =>
        outbound.start(
          id >>> 0,
          head(headAt, headSize),
          list(at, size),
          more !== 0,
          toCase(REDIRECTS, redirect),
        ),
      write: (id: number, at: number, size: number) => (outbound.write(id >>> 0, list(at, size)) ? 1 : 0),
      finish: (id: number) => outbound.finish(id >>> 0),
      pull: (id: number) => outbound.pull(id >>> 0),
      abort: (id: number) => outbound.abort(id >>> 0),
    },
    'nano:workers/console': {
      log: (level: number, at: number, size: number) => console.log(toCase(LEVELS, level), text(at, size)),
      report: (at: number, size: number) => console.report(text(at, size)),
    },
    'nano:workers/background': {
      hold: (id: number) => background.hold(id >>> 0),
      release: (id: number) => background.release(id >>> 0),
    },
  }
}

function toCase<Case extends string>(cases: readonly Case[], index: number): Case {
  const found = cases[index]
  if (found === undefined) throw new RangeError(`the guest gave ${index} for one of ${cases.join(', ')}`)
  return found
}
