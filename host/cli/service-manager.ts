/**
 * What a service manager (systemd, or another that speaks its protocol) and a server that it started have to say to each
 * other: the socket that it hands over, and in which state the server is.
 *
 *     starting  --ready-->  ready  --reloading-->  reloading  --ready-->  ready  --stopping-->  stopping
 *
 * Messages go out by systemd's own `systemd-notify`: they are datagrams to a Unix socket, which Node cannot send. The
 * variables are taken out of the environment, so that nobody who is started from here answers in the server's name.
 */

import { execFile } from 'node:child_process'

import { NanoError } from '../errors.ts'

/** The first descriptor that is handed over. */
const FIRST = 3
const NOTIFY = 'systemd-notify'
const NOTIFY_MS = 5000
/** Signs of life within the time after which the service manager starts the server again. */
const BEATS = 4
const US_PER_MS = 1000

const NAMES = [
  'LISTEN_FDS',
  'LISTEN_PID',
  'LISTEN_FDNAMES',
  'NOTIFY_SOCKET',
  'WATCHDOG_USEC',
  'WATCHDOG_PID',
] as const
type Variables = Partial<Record<(typeof NAMES)[number], string>>

export class ServiceManager implements Disposable {
  /** The descriptor of the socket that the apps are to be served on; undefined: none was handed over. */
  readonly listener: number | undefined
  readonly #socket: string | undefined
  readonly #watchdogMs: number | undefined
  readonly #onError: (text: string) => void
  #beat: NodeJS.Timeout | undefined
  /** One message after the other. */
  #last: Promise<void> = Promise.resolve()
  #isBroken = false

  /** Throws CONFIG_INVALID when it hands over more than one socket. */
  constructor(environment: NodeJS.ProcessEnv, onError: (text: string) => void) {
    const variables = take(environment)
    this.listener = toListener(variables)
    this.#socket = variables.NOTIFY_SOCKET || undefined
    this.#watchdogMs = toWatchdogMs(variables)
    this.#onError = onError
  }

  /** It serves, from now on or again. `isWell`: asked now and then, where a watchdog waits for it. */
  ready(isWell: () => boolean): Promise<void> {
    if (this.#watchdogMs !== undefined && this.#socket !== undefined) {
      let isBeating = false
      this.#beat ??= setInterval(() => {
        // one that is late is enough: what else is to be said does not wait behind many
        if (isBeating || !isWell()) return
        isBeating = true
        void this.#send('WATCHDOG=1').then(() => (isBeating = false))
      }, this.#watchdogMs / BEATS).unref()
    }
    return this.#send('READY=1')
  }

  reloading(): Promise<void> {
    return this.#send('RELOADING=1')
  }

  stopping(): Promise<void> {
    // open requests have their time, and the manager has a bound of its own
    this[Symbol.dispose]()
    return this.#send('STOPPING=1')
  }

  [Symbol.dispose](): void {
    clearInterval(this.#beat)
  }

  /** Resolves when it is out; what goes wrong is told once. */
  #send(message: string): Promise<void> {
    const socket = this.#socket
    if (socket === undefined) return Promise.resolve()
    this.#last = this.#last.then(() => this.#run(message, socket))
    return this.#last
  }

  #run(message: string, socket: string): Promise<void> {
    return new Promise((resolve) => {
      const env = { PATH: process.env['PATH'], NOTIFY_SOCKET: socket }
      execFile(NOTIFY, [message], { env, timeout: NOTIFY_MS }, (error) => {
        if (error !== null && !this.#isBroken) {
          this.#isBroken = true
          this.#onError(`the service manager cannot be told ${message}: ${error.message.trim()}`)
        } else if (error === null) this.#isBroken = false
        resolve()
      })
    })
  }
}

function take(environment: NodeJS.ProcessEnv): Variables {
  const variables: Variables = {}
  for (const name of NAMES) {
    const value = environment[name]
    if (value !== undefined) variables[name] = value
    delete environment[name]
  }
  return variables
}

/** Those of another process were inherited by accident. */
function toListener({ LISTEN_FDS: count, LISTEN_PID: pid }: Variables): number | undefined {
  if (count === undefined || Number(pid) !== process.pid || Number(count) === 0) return undefined
  if (Number(count) === 1) return FIRST
  throw new NanoError(
    'CONFIG_INVALID',
    `LISTEN_FDS: expected one socket, for the apps, got ${count}; give the socket unit one ListenStream`,
  )
}

function toWatchdogMs({ WATCHDOG_USEC: us, WATCHDOG_PID: pid }: Variables): number | undefined {
  if (us === undefined || (pid !== undefined && Number(pid) !== process.pid)) return undefined
  const ms = Number(us) / US_PER_MS
  return ms > 0 ? ms : undefined
}
