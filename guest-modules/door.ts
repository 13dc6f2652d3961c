/**
 * The way to the guest shim, for the modules of this folder: they are bundled with the app that imports them, so they reach
 * the shim through a global (guest-shim/globals/module-door.ts has the other side).
 */

/** Who hears of a TCP connection. Nothing comes after `failed`, and no bytes after `ended`. */
export interface ConnectionPort {
  /** It is there, with its TLS. `protocol`: what ALPN came to. */
  ready(protocol: string): void
  /** What `pull` asked for. */
  data(bytes: Uint8Array): void
  /** The far side sends no more. */
  ended(): void
  /** There is room again after `write` gave false. */
  writable(): void
  failed(message: string, code: string): void
}

/** A TCP connection. */
export interface Connection {
  /** Go on with TLS when all that was written has gone; the port hears `ready` again. */
  secure(terms: object): void
  /** False: wait for `writable`. */
  write(bytes: Uint8Array): boolean
  /** Nothing more is written. */
  finish(): void
  /** Ask for the next bytes. */
  pull(): void
  /** What was written goes out; the port hears nothing more. */
  close(): void
  /** Cut it; the port hears nothing more. */
  abort(): void
}

/** Those of `util.inspect`. */
export type InspectOptions = Readonly<Record<string, unknown>>

export interface ModuleDoor {
  /** The instance's `env`; empty while the app's top level runs, unless the image is made for one deployment. */
  readonly env: Record<string, unknown>
  /** Has whoever asks the object for members at the top level noted as one who asks `env`. */
  observe<T extends object>(object: T): T
  /** Calls back once `env` has its members. */
  onEnv(listener: () => void): void
  /** Keeps the instance for a promise, on behalf of the request that is handled now. */
  waitUntil(promise: unknown): void
  /** What belongs to the code that runs now, for AsyncLocalStorage. */
  readonly context: { current: unknown }
  /** A value as the console shows it. `isBounded`: as much of it. `self`: what it may show others with. */
  inspect(value: unknown, options?: InspectOptions, isBounded?: boolean, self?: unknown): string
  /** What `inspect` colours values with. */
  inspectStyles(): { readonly colors: Record<string, [number, number]>; readonly styles: object }
  /** Entrypoints of the app itself. */
  readonly exports: Record<string, unknown>
  /** Connects. `terms`: those of `connections.open` (wit/connections.wit). Throws at the top level. */
  connect(terms: object, port: ConnectionPort): Connection
  /** What calls between apps are made of. */
  rpc(): {
    openStub(target: unknown): object
    readonly RpcStub: abstract new () => unknown
    readonly RpcPromise: abstract new () => unknown
    readonly RpcProperty: abstract new () => unknown
    readonly ServiceStub: abstract new (host: never) => unknown
  }
  /** A line of the console, of a format and values; with options it is not bounded. */
  format(args: readonly unknown[], options?: InspectOptions, self?: unknown): string
  /** A function of `node:crypto` or `node:zlib`, computed by the host: bytes, or JSON. Throws what Node does. */
  compute(call: object, key?: Uint8Array, data?: Uint8Array, other?: Uint8Array): unknown
  /** Whether there is a host: the top level runs while the app is built. */
  readonly phase: { readonly isLive: boolean }
  /** Has an expression show what it was rewritten from. */
  keepGiven(expression: RegExp, source: string, flags: string): RegExp
}

export const door = (globalThis as unknown as Record<symbol, ModuleDoor>)[Symbol.for('nano:modules')]!
