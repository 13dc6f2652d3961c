/**
 * Servers under test, each a process of its own on a free port of the loopback address. Whatever way the bench ends,
 * none outlives it.
 */

import { fork, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

import { firstResponse } from './first-response.ts'

export interface ServerProcess extends AsyncDisposable {
  readonly child: ChildProcess
  readonly port: number
  /** Host names that it answers to. */
  readonly hosts: readonly string[]
  /** From the start of the process to its first answer. */
  readonly readyMs: number
}

export interface StartOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly port: number
  readonly hosts: readonly string[]
  /** Start as a Node process with a channel for messages. `command` is the module. */
  readonly channel?: boolean
  /** Asked until it answers so; the first host with 200 unless given. */
  readonly probe?: { readonly hostname: string; readonly status: number } | undefined
  /** Besides what this process has. */
  readonly env?: Readonly<Record<string, string>> | undefined
}

const READY_MS = 60_000
const STOP_MS = 3000
const OUTPUT_KEPT = 2000

const running = new Set<ChildProcess>()
process.on('exit', () => running.forEach((child) => kill(child, 'SIGKILL')))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

/** Resolves when the server has answered its first request. */
export async function startProcess(options: StartOptions): Promise<ServerProcess> {
  const { command, args, port, hosts } = options
  const { hostname, status } = options.probe ?? { hostname: hosts[0]!, status: 200 }
  const env = { ...process.env, ...options.env }
  const startedAt = performance.now()
  const child = options.channel
    ? fork(command, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: true, env })
    : spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env })
  running.add(child)
  child.once('exit', () => running.delete(child))
  let output = ''
  const keep = (piece: Buffer): void => {
    output = (output + piece.toString()).slice(-OUTPUT_KEPT)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  let failure: unknown
  child.once('error', (error) => (failure = error))
  for (;;) {
    try {
      await firstResponse(port, hostname, status)
      const readyMs = performance.now() - startedAt
      return { child, port, hosts, readyMs, [Symbol.asyncDispose]: () => stop(child) }
    } catch (error) {
      if (failure === undefined && child.exitCode === null && performance.now() - startedAt < READY_MS) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        continue
      }
      await stop(child)
      throw new Error(`${command} does not serve: ${String(failure ?? error)}\n${output}`, { cause: error })
    }
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const timer = setTimeout(kill, STOP_MS, child, 'SIGKILL')
  const gone = once(child, 'exit')
  kill(child, 'SIGTERM')
  await gone
  clearTimeout(timer)
}

/** With all that it started: each server leads a process group of its own. */
function kill({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // it is gone
  }
}

/** A port that was free a moment ago. */
export async function findPort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

/**
 * Memory of a server and of the processes that it started, in bytes: each page once, however often it is mapped, and of what it
 * shares with other processes its part. Linux only.
 */
export function residentBytes({ child }: ServerProcess): number {
  return sumOf(child.pid!, (pid) => readKilobytes(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+) kB/m))
}

function readKilobytes(file: string, pattern: RegExp): number {
  return Number(pattern.exec(readFileSync(file, 'utf8'))?.[1]) * 1024
}

/** Processor time of a server and of the processes that it started, in milliseconds. Linux only. */
export function cpuMs({ child }: ServerProcess): number {
  return sumOf(child.pid!, (pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // after the name, which may hold anything
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) * TICK_MS
  })
}

/** Fields of `/proc/PID/stat` after the name. */
const USER_TIME = 11
const SYSTEM_TIME = 12
/** Of Linux, whatever the machine. */
const TICK_MS = 10

function sumOf(pid: number, measure: (pid: number) => number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  const below = children === '' ? [] : children.split(' ').map((child) => sumOf(Number(child), measure))
  return below.reduce((sum, part) => sum + part, measure(pid))
}
