/** The names that the operator of the machine gave to addresses in its hosts file. It is read again when it is old. */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { performance } from 'node:perf_hooks'

/** How long what was read is good for. */
const FRESH_MS = 5000

const DEFAULT_PATH =
  process.platform === 'win32'
    ? `${process.env.SystemRoot ?? 'C:\\Windows'}\\System32\\drivers\\etc\\hosts`
    : '/etc/hosts'

/** A hosts file; one that cannot be read is empty. */
export class HostsFile {
  readonly #path: string
  #names: ReadonlyMap<string, readonly string[]> = new Map()
  #readAt = -Infinity

  constructor(path: string = DEFAULT_PATH) {
    this.#path = path
  }

  /** The addresses of a name in lower case. */
  find(name: string): readonly string[] {
    const now = performance.now()
    if (now - this.#readAt > FRESH_MS) {
      this.#readAt = now
      this.#names = parse(read(this.#path))
    }
    return this.#names.get(name) ?? []
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function parse(text: string): Map<string, string[]> {
  const names = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [address = '', ...words] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (isIP(address) === 0) continue
    for (const word of words) {
      const name = word.toLowerCase()
      names.set(name, [...(names.get(name) ?? []), address])
    }
  }
  return names
}
