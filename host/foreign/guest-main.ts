/**
 * A process with a component from elsewhere. It does nothing but wait for the host and serve: a request at a time, from the
 * beginning to the end of the component's `handle`. It has no network, and of the file system what it was given by name; the
 * component's code is entered through jco's, which was generated from names that were checked.
 *
 *     start > instantiate > ready  >  request > handle > done  >  request > instantiate > handle > done ...    any > the pipe ends > exit
 *
 * Each request has an instance of its own, as in other hosts of wasi:http: components rely on that. The first one shows whether there
 * can be any; the others are made when their request is there, which pays for them.
 *
 * It may be ended at any moment. What a component throws ends it as well: nobody knows what still holds in it.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { type Frame, FROM_GUEST, type GuestSettings, type RequestFrame, TO_GUEST } from './frame.ts'
import * as absent from './guest/absent.ts'
import { waitFor } from './guest/bodies.ts'
import { Fields } from './guest/fields.ts'
import * as http from './guest/http.ts'
import { hear, listen, say } from './guest/pipe.ts'
import { poll, Pollable } from './guest/poll.ts'
import { RequestOptions } from './guest/request-options.ts'
import { InputStream, IoError, OutputStream } from './guest/streams.ts'
import * as system from './guest/system.ts'

interface Component {
  readonly incomingHandler: {
    handle(request: http.IncomingRequest, out: http.ResponseOutparam): void
  }
}

interface Code {
  readonly instantiate: (getCoreModule: (path: string) => WebAssembly.Module, imports: object) => Component
}

const waiting: Frame[] = []
listen((frame) => {
  if (frame.kind === TO_GUEST.start || frame.kind === TO_GUEST.request) waiting.push(frame)
})
waitFor(() => waiting.length > 0)
const open = await prepare(JSON.parse(waiting.shift()!.payload.toString()) as GuestSettings)
let first: Component | undefined = open()
say(FROM_GUEST.ready, 0)
for (;;) {
  waitFor(() => waiting.length > 0)
  const { kind, id, payload } = waiting.shift()!
  if (kind !== TO_GUEST.request) continue
  serve(id, JSON.parse(payload.toString()) as RequestFrame)
  // the memory of an instance is not waited for
  globalThis.gc?.()
}

/** Gives what makes an instance. */
async function prepare(settings: GuestSettings): Promise<() => Component> {
  const { instantiate } = (await import(join(settings.code, 'component.js'))) as Code
  const modules = new Map<string, WebAssembly.Module>()
  const load = (path: string): WebAssembly.Module => {
    const module = modules.get(path) ?? new WebAssembly.Module(readFileSync(join(settings.code, path)))
    modules.set(path, module)
    return module
  }
  const imports = await toImports(settings)
  return () => instantiate(load, imports)
}

function take(): Component {
  const taken = first ?? open()
  first = undefined
  return taken
}

function serve(id: number, frame: RequestFrame): void {
  let stop = (): void => {}
  hear(TO_GUEST.gone, id, () => stop())
  const out = new http.ResponseOutparam(id, (gone) => (stop = gone))
  try {
    take().incomingHandler.handle(new http.IncomingRequest(id, frame), out)
  } catch (error) {
    system.flushLines()
    say(FROM_GUEST.log, 1, describe(error))
    process.exit(1)
  }
  hear(TO_GUEST.gone, id, undefined)
  system.flushLines()
  say(FROM_GUEST.done, id)
}

/** What reads files is loaded for components that see some. */
async function findFiles({
  directories,
}: GuestSettings): Promise<{ filesystemPreopens: object; filesystemTypes: object }> {
  if (directories.length > 0) return (await import('./guest/files.ts')).openFiles(directories)
  return { filesystemPreopens: absent.filesystemPreopens, filesystemTypes: absent.filesystemTypes }
}

async function findSockets({ sockets }: GuestSettings): Promise<absent.SocketInterfaces> {
  return sockets.length > 0 ? (await import('./guest/sockets.ts')).openSockets(sockets) : absent.sockets
}

async function toImports(settings: GuestSettings): Promise<object> {
  const files = await findFiles(settings)
  const sockets = await findSockets(settings)
  return {
    'wasi:cli/environment': system.toEnvironment(settings),
    'wasi:cli/exit': system.exit,
    'wasi:cli/stdin': system.stdin,
    'wasi:cli/stdout': system.stdout,
    'wasi:cli/stderr': system.stderr,
    'wasi:cli/terminal-input': system.terminalInput,
    'wasi:cli/terminal-output': system.terminalOutput,
    'wasi:cli/terminal-stdin': system.terminalStdin,
    'wasi:cli/terminal-stdout': system.terminalStdout,
    'wasi:cli/terminal-stderr': system.terminalStderr,
    'wasi:clocks/monotonic-clock': system.monotonicClock,
    'wasi:clocks/wall-clock': system.wallClock,
    'wasi:filesystem/preopens': files.filesystemPreopens,
    'wasi:filesystem/types': files.filesystemTypes,
    'wasi:http/outgoing-handler': {
      handle: (request: http.OutgoingRequest) => http.OutgoingRequest.send(request),
    },
    'wasi:http/types': { ...http, Fields, RequestOptions, httpErrorCode: () => undefined },
    'wasi:io/error': { Error: IoError },
    'wasi:io/poll': { Pollable, poll },
    'wasi:io/streams': { InputStream, OutputStream },
    'wasi:random/insecure': system.insecure,
    'wasi:random/insecure-seed': system.insecureSeed,
    'wasi:random/random': system.random,
    'wasi:sockets/instance-network': sockets.instanceNetwork,
    'wasi:sockets/ip-name-lookup': sockets.ipNameLookup,
    'wasi:sockets/network': sockets.network,
    'wasi:sockets/tcp': sockets.tcp,
    'wasi:sockets/tcp-create-socket': sockets.tcpCreateSocket,
    'wasi:sockets/udp': sockets.udp,
    'wasi:sockets/udp-create-socket': sockets.udpCreateSocket,
  }
}

/** Of a trap the component's own frames. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? String(error)
  const frames = (error.stack ?? '').split('\n').filter((line) => line.includes('wasm://'))
  return [error.message, ...frames].join('\n')
}
