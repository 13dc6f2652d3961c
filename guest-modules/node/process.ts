/**
 * `node:process`, and the global `process` of a bundle that uses one: what an app asks about where it runs. `env` has the
 * members of the app's `env` as texts, at the top level, too, when the app asks for one there.
 */

import { door } from '../door.ts'

const VERSION = '24.0.0'

const own: Record<string, string | undefined> = { NODE_ENV: 'production' }
const env = door.observe(own)
door.onEnv(() => {
  for (const [name, value] of Object.entries(door.env)) {
    if (typeof value === 'string') own[name] = value
    else if (value !== undefined && isData(value)) own[name] = JSON.stringify(value)
  }
})

/** Whether it can be said in JSON: no binding. */
function isData(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'function'
  const prototype: unknown = Object.getPrototypeOf(value)
  return Array.isArray(value) || prototype === Object.prototype || prototype === null
}

const unsupported = (name: string) => (): never => {
  throw new Error(`process.${name}() is not there in NANO`)
}
/** Given `this` back, as those that take a listener do. */
function nothing<T>(this: T): T {
  return this
}
const none = (): never[] => []

/** Milliseconds of the instance; time stands still while code runs. */
const now = (): number => performance.now()

function hrtime(before?: [number, number]): [number, number] {
  const time = now()
  let seconds = Math.floor(time / 1000)
  let nanoseconds = Math.round((time % 1000) * 1e6)
  if (before !== undefined) {
    seconds -= before[0]
    nanoseconds -= before[1]
    if (nanoseconds < 0) {
      seconds--
      nanoseconds += 1e9
    }
  }
  return [seconds, nanoseconds]
}
hrtime.bigint = (): bigint => BigInt(Math.round(now() * 1e6))

function nextTick(callback: (...args: unknown[]) => void, ...args: unknown[]): void {
  queueMicrotask(() => callback(...args))
}

/** A stream that lines can be written to. */
const makeOutput = (fd: number, write: (text: string) => void) => ({
  fd,
  isTTY: false,
  writable: true,
  write: (chunk: unknown) => {
    write(String(chunk).replace(/\n$/, ''))
    return true
  },
  on: nothing,
  once: nothing,
  end: nothing,
})

const process = {
  title: 'node',
  version: `v${VERSION}`,
  versions: { node: VERSION },
  arch: 'wasm32',
  platform: 'linux',
  release: { name: 'node' },
  pid: 1,
  ppid: 0,
  argv: ['node', '/app'],
  argv0: 'node',
  execArgv: [] as string[],
  execPath: '/node',
  exitCode: undefined as number | undefined,
  features: {},
  config: {},
  env,
  stdout: makeOutput(1, (text) => console.log(text)),
  stderr: makeOutput(2, (text) => console.error(text)),
  stdin: { fd: 0, isTTY: false, on: nothing, once: nothing },
  cwd: () => '/',
  chdir: unsupported('chdir'),
  umask: () => 0o22,
  exit: unsupported('exit'),
  abort: unsupported('abort'),
  kill: unsupported('kill'),
  binding: unsupported('binding'),
  dlopen: unsupported('dlopen'),
  nextTick,
  hrtime,
  uptime: () => now() / 1000,
  cpuUsage: () => ({ user: 0, system: 0 }),
  memoryUsage: Object.assign(() => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }), {
    rss: () => 0,
  }),
  emitWarning: (warning: unknown) => console.warn(String(warning)),
  getBuiltinModule: () => undefined,
  // no event of a process ever happens here
  on: nothing,
  once: nothing,
  off: nothing,
  addListener: nothing,
  prependListener: nothing,
  removeListener: nothing,
  removeAllListeners: nothing,
  setMaxListeners: nothing,
  emit: () => false,
  listeners: none,
  rawListeners: none,
  eventNames: none,
  listenerCount: () => 0,
  getMaxListeners: () => 10,
  getuid: () => 1000,
  geteuid: () => 1000,
  getgid: () => 1000,
  getegid: () => 1000,
}
Object.defineProperty(process, Symbol.toStringTag, { value: 'process' })

const globals = globalThis as unknown as { process?: typeof process }
globals.process ??= process

export default process
export const {
  abort,
  arch,
  argv,
  argv0,
  binding,
  chdir,
  config,
  cpuUsage,
  cwd,
  dlopen,
  emit,
  emitWarning,
  eventNames,
  execArgv,
  execPath,
  exit,
  features,
  getBuiltinModule,
  getegid,
  geteuid,
  getgid,
  getuid,
  kill,
  listenerCount,
  listeners,
  memoryUsage,
  off,
  on,
  once,
  pid,
  platform,
  ppid,
  release,
  removeAllListeners,
  removeListener,
  stderr,
  stdin,
  stdout,
  title,
  umask,
  uptime,
  version,
  versions,
} = process
export { env, hrtime, nextTick }
