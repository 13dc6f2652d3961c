/**
 * The memory of processes that work for tenants: builds, SQL. V8 bounds its own objects; what native code takes beside them
 * has no bound of its own, and the kernel's (`ulimit -v`) counts the addresses that V8 reserves and never uses. So the
 * processes are looked at while they work, and killed beyond a bound. Linux only: elsewhere none is seen.
 */
import { readFileSync } from 'node:fs'

/** How often: a process can fill some hundred MiB meanwhile. */
const LOOK_MS = 100
/** What is the process's own; pages of files, such as the programs, are shared with others. */
const OWN = /^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm
const ANONYMOUS = /^RssAnon:\s+(\d+) kB$/gm

/**
 * Looks until it is disposed of. `pids`: the processes, as they are now; one that has gone counts as nothing. `onBeyond`
 * is called once.
 */
export function watchMemory(pids: () => readonly number[], mostMb: number, onBeyond: () => void): Disposable {
  const timer = setInterval(() => {
    const bytes = pids().reduce((sum, pid) => sum + readMemory(pid), 0)
    if (bytes <= mostMb * 2 ** 20) return
    clearInterval(timer)
    onBeyond()
  }, LOOK_MS)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

/** Resident bytes of a process, 0 when there is none. */
export function readMemory(pid: number): number {
  return sumOf(`/proc/${pid}/status`, OWN)
}

/**
 * Resident bytes of this process, but for pages of files: those that the memories of apps have in common (native/page-file.ts) are
 * counted once for each memory in what the system says is resident. Elsewhere than on Linux, where there are none, that.
 */
export function readOwnMemory(): number {
  return sumOf('/proc/self/status', ANONYMOUS) || process.memoryUsage.rss()
}

function sumOf(file: string, pattern: RegExp): number {
  let status: string
  try {
    status = readFileSync(file, 'utf8')
  } catch {
    return 0
  }
  return Array.from(status.matchAll(pattern)).reduce(
    (sum, [, kilobytes]) => sum + Number(kilobytes) * 1024,
    0,
  )
}
