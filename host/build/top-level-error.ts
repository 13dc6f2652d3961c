/**
 * Why an app's top level failed, in words for the app's developer and with the place in the app's sources. The engine
 * prints the exception, then the rejected promise that a module is, with its stack:
 *
 *     Exception while evaluating top-level inline script
 *     app.js:2:21 TypeError: boom
 *     Additionally, some promises were rejected, ...
 *     Stack:
 *       f@app.js:2:21
 */
import { BUNDLE_NAME, findPlaces, openSourceMap, type SourceMap } from '../component/source-map.ts'
import { NanoError } from '../errors.ts'
import { VITE_ENV } from './import-meta.ts'
import { SnapshotFailure, type SnapshotOptions } from './snapshot.ts'
import { FORBIDDEN_IMPORT, TIMED_OUT, TOO_LARGE, UNCAUGHT } from './snapshot-protocol.ts'

/** What runs behind another module is the engine's inline script. */
const ANNOUNCEMENT = /^Exception while evaluating top-level (?:inline )?script\n/m
const EPILOGUE = /^Additionally, some promises were rejected/m
const STACK = /^Stack:\n((?: {2}.*\n?)*)/m
const ENGINE_PLACE = /^(?:nano:)?[\w./-]*:\d+(?::\d+)? /gm
const ERROR_NAME = /^\w*Error: /
/** The engine throws a text, which has no place, or ends within its collector. */
const OUT_OF_MEMORY = /\bout of memory\b|\bunhandlable oom\b/
/** The engine calls it as the bundle does (`import-meta.ts`). */
const NO_VITE_ENV = /\b(?:importMeta\w*|toMeta\(\.\.\.\))\.env is undefined/
const MOVE = 'move what takes long or much into the fetch handler'
const LONGEST_STACK = 10
const WHEN = "thrown while the app's top level ran, which happens once, when the app is built"

/** The failure as a build error. `entry`: the entry file as the app's sources call it. */
export function toTopLevelError(
  failure: SnapshotFailure,
  mapJson: string | undefined,
  entry: string,
  limits: Limits,
): NanoError {
  const map = openSourceMap(mapJson)
  return new NanoError('BUILD_FAILED', describe(failure, map, entry, limits), { cause: failure })
}

type Limits = Pick<SnapshotOptions, 'timeoutMs' | 'memoryMb'>

function describe(
  { output, reason }: SnapshotFailure,
  map: SourceMap,
  entry: string,
  { timeoutMs, memoryMb }: Limits,
): string {
  if (reason === TIMED_OUT) {
    return `${entry}: the app's top level does not come to its end within ${timeoutMs / 1000} s; ${MOVE}`
  }
  if (reason === TOO_LARGE)
    return `${entry}: the app's top level leaves more than a component may hold; ${MOVE}`
  if (reason === UNCAUGHT) return describeUncaught(output, map, entry)
  const [, printed] = output.split(ANNOUNCEMENT)
  const full = `the app's top level runs out of memory, of which it has ${memoryMb} MiB (32 MiB for objects); ${MOVE}`
  if (printed === undefined && OUT_OF_MEMORY.test(output)) return `${entry}: ${full}`
  if (printed === undefined) return `${entry}: ${describeTrap(reason)}${output === '' ? '' : `\n${output}`}`
  const [first = ''] = printed.split(EPILOGUE)
  const stack = STACK.exec(printed)?.[1] ?? ''
  const [place] = [...findPlaces(stack, map), ...findPlaces(first, map)]
  const text = first.replaceAll(ENGINE_PLACE, '').trim()
  if (OUT_OF_MEMORY.test(text)) {
    const at = place === undefined ? entry : `${place.source}:${place.line}:${place.column}`
    return `${at}: ${full}`
  }
  const hint = NO_VITE_ENV.test(text) ? `\n    ${VITE_ENV}` : ''
  // without a place in the app, it is the shim that misses something in it
  if (place === undefined) return `${entry}: ${text.replace(ERROR_NAME, '')}${hint}`
  return `${place.source}:${place.line}:${place.column}: ${text}${hint}\n    ${WHEN}${showStack(stack, map)}`
}

/** An error that the shim would have written to the log: a listener, a timer or a promise that nobody waits for has thrown it. */
function describeUncaught(output: string, map: SourceMap, entry: string): string {
  const text = output.slice(output.lastIndexOf(`${UNCAUGHT}\n`) + UNCAUGHT.length + 1).trim()
  const [place] = findPlaces(text, map)
  const at = place === undefined ? entry : `${place.source}:${place.line}:${place.column}`
  const lines = map
    .symbolicate(text)
    .split('\n')
    .filter((line) => !line.includes(`(${BUNDLE_NAME}:`))
  return `${at}: ${lines.slice(0, LONGEST_STACK).join('\n')}\n    ${WHEN}, and caught by nobody`
}

function describeTrap(reason: string): string {
  if (!reason.startsWith(FORBIDDEN_IMPORT)) return `the engine failed in the app's top level (${reason})`
  const what = reason.includes('wasi:random') ? 'random values' : reason.slice(FORBIDDEN_IMPORT.length + 1)
  return `the app's top level uses ${what}; it runs once, when the app is built, so move that into the fetch handler`
}

/** The frames of the app's own sources. */
function showStack(stack: string, map: SourceMap): string {
  const lines = map
    .symbolicate(stack)
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.includes(`@${BUNDLE_NAME}:`))
  const frames = lines.slice(0, LONGEST_STACK).map((line) => line.trim().replace(/^([^@]*)@/, showFunction))
  return frames.map((frame) => `\n    ${frame}`).join('')
}

function showFunction(_frame: string, name: string): string {
  return name === '' ? 'at ' : `at ${name} `
}
