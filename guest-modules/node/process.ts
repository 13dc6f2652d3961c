/**
 * `node:process`, and the global `process` of a bundle that uses one: what an app asks about where it runs. `env` has the
 * members of the app's `env` as texts, at the top level, too, when the app asks for one there.
 */

/* oxlint-disable typescript/unbound-method -- those of an emitter are bound here */

import EventEmitter from 'events/'
import { door } from '../door.ts'
import { makeOutput, nothing } from './process/output.ts'
import { emitWarning as warn } from './process/warning.ts'

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
/** By which packages tell what the engine and the standard library know. */
const VERSIONS = {
  node: VERSION,
  modules: '137',
  napi: '10',
  openssl: '3.0.16',
  unicode: '16.0',
  uv: '1.50.0',
  v8: '13.6.233.8-node.10',
  zlib: '1.3.0.1',
}
const FEATURES = {
  inspector: false,
  debug: false,
  uv: true,
  ipv6: true,
  tls_alpn: true,
  tls_sni: true,
  tls_ocsp: true,
  tls: true,
  cached_builtins: true,
  require_module: false,
  typescript: false,
}
const NO_USAGE = {
  userCPUTime: 0,
  systemCPUTime: 0,
  maxRSS: 0,
  sharedMemorySize: 0,
  unsharedDataSize: 0,
  unsharedStackSize: 0,
  minorPageFault: 0,
  majorPageFault: 0,
  swappedOut: 0,
  fsRead: 0,
  fsWrite: 0,
  ipcSent: 0,
  ipcReceived: 0,
  signalsCount: 0,
  voluntaryContextSwitches: 0,
  involuntaryContextSwitches: 0,
}

/** There are no files. */
function loadEnvFile(path = '.env'): never {
  const text = `ENOENT: no such file or directory, open '${path}'`
  throw Object.assign(new Error(text), { code: 'ENOENT', errno: -2, syscall: 'open', path })
}

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

const ID = 1000

/** Nobody types. */
const input = Object.assign(new EventEmitter(), {
  fd: 0,
  isTTY: false,
  readable: true,
  setEncoding: () => input as unknown,
  resume: () => input as unknown,
  pause: () => input as unknown,
  ref: nothing,
  unref: nothing,
})

const process = Object.assign(Object.create(EventEmitter.prototype) as InstanceType<typeof EventEmitter>, {
  title: 'node',
  version: `v${VERSION}`,
  versions: VERSIONS,
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
  features: FEATURES,
  config: { target_defaults: {}, variables: {} },
  env,
  stdout: makeOutput(1, (text) => console.log(text)),
  stderr: makeOutput(2, (text) => console.error(text)),
  stdin: input,
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
  emitWarning: (...args: unknown[]) => warn((given) => process.emit('warning', given), ...args),
  getBuiltinModule: () => undefined,
  // what a machine would say of a process that does nothing
  availableMemory: () => 0,
  constrainedMemory: () => 0,
  resourceUsage: () => ({ ...NO_USAGE }),
  threadCpuUsage: () => ({ user: 0, system: 0 }),
  getActiveResourcesInfo: (): string[] => [],
  ref: () => {},
  unref: () => {},
  finalization: { register: () => {}, registerBeforeExit: () => {}, unregister: () => {} },
  loadEnvFile,
  hasUncaughtExceptionCaptureCallback: () => false,
  setUncaughtExceptionCaptureCallback: () => {},
  setSourceMapsEnabled: () => {},
  sourceMapsEnabled: true,
  allowedNodeEnvironmentFlags: new Set<string>(),
  debugPort: 0,
  domain: null,
  moduleLoadList: [] as string[],
  noDeprecation: false,
  throwDeprecation: false,
  traceDeprecation: false,
  report: undefined,
  getuid: () => ID,
  geteuid: () => ID,
  getgid: () => ID,
  getegid: () => ID,
  getgroups: () => [ID],
  setuid: unsupported('setuid'),
  seteuid: unsupported('seteuid'),
  setgid: unsupported('setgid'),
  setegid: unsupported('setegid'),
  setgroups: unsupported('setgroups'),
  initgroups: unsupported('initgroups'),
})
Object.defineProperty(process, Symbol.toStringTag, { value: 'process' })
/** What is imported by its name is called without the process. */
for (const name of Object.keys(EventEmitter.prototype) as (keyof typeof process)[]) {
  const method: unknown = process[name]
  if (typeof method === 'function')
    Object.defineProperty(process, name, { value: method.bind(process), writable: true, configurable: true })
}

const globals = globalThis as unknown as { process?: typeof process }
globals.process ??= process

export default process
export const {
  abort,
  addListener,
  allowedNodeEnvironmentFlags,
  arch,
  argv,
  argv0,
  availableMemory,
  binding,
  chdir,
  config,
  constrainedMemory,
  cpuUsage,
  cwd,
  debugPort,
  dlopen,
  domain,
  emit,
  emitWarning,
  eventNames,
  execArgv,
  execPath,
  exit,
  exitCode,
  features,
  finalization,
  getActiveResourcesInfo,
  getBuiltinModule,
  getegid,
  geteuid,
  getgid,
  getgroups,
  getuid,
  hasUncaughtExceptionCaptureCallback,
  initgroups,
  kill,
  listenerCount,
  listeners,
  memoryUsage,
  moduleLoadList,
  noDeprecation,
  off,
  on,
  once,
  pid,
  platform,
  ppid,
  prependListener,
  ref,
  release,
  removeAllListeners,
  removeListener,
  report,
  resourceUsage,
  setMaxListeners,
  setSourceMapsEnabled,
  setUncaughtExceptionCaptureCallback,
  setegid,
  seteuid,
  setgid,
  setgroups,
  setuid,
  sourceMapsEnabled,
  stderr,
  stdin,
  stdout,
  threadCpuUsage,
  throwDeprecation,
  title,
  traceDeprecation,
  umask,
  unref,
  uptime,
  version,
  versions,
} = process
export { env, hrtime, loadEnvFile, nextTick }
