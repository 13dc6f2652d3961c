/** What the guest says, while the app's top level runs, of the members of `env` that it asks for: guest-shim/env-reads.ts. */
import { type EnvReads, MAX_NAME, MAX_NAMES } from '../component/env-reads.ts'

const MARK = '\u001fnano:env'
const LINE_END = 0x0a

/** What was seen of a top level, however it ended. */
export interface TopLevelReads {
  /** It came to its end. */
  readonly isDone: boolean
  /** Members of `env` are globals; not known before the end. */
  readonly isClassic: boolean
  readonly isAll: boolean
  /** Of `env`. */
  readonly members: readonly string[]
  /** Names that are no globals. */
  readonly globals: readonly string[]
  /** Of a portable build, what of the app it cannot be called by. */
  readonly exports: readonly string[]
}

export const NO_READS: TopLevelReads = {
  isDone: false,
  isClassic: false,
  isAll: false,
  members: [],
  globals: [],
  exports: [],
}

export class ReadCollector {
  readonly #seen = { done: false, classic: false, all: false }
  readonly #names = { member: new Set<string>(), global: new Set<string>(), export: new Set<string>() }
  #endsLine = false

  /** Takes what was written if it is meant for here. */
  take(bytes: Uint8Array): boolean {
    if (this.#endsLine) {
      this.#endsLine = false
      if (bytes.length === 1 && bytes[0] === LINE_END) return true
    }
    const text = Buffer.from(bytes).toString()
    if (!text.startsWith(MARK)) return false
    this.#endsLine = true
    this.#note(text.slice(MARK.length))
    return true
  }

  get reads(): TopLevelReads {
    const { done: isDone, classic: isClassic, all: isAll } = this.#seen
    const { member, global, export: exported } = this.#names
    return {
      isDone,
      isClassic,
      isAll,
      members: [...member],
      globals: [...global],
      exports: [...exported],
    }
  }

  /** The app may have written it itself. */
  #note(json: string): void {
    const [what, name] = parse(json)
    const names = what === 'member' || what === 'global' || what === 'export' ? this.#names[what] : undefined
    if (what === 'done' || what === 'classic' || what === 'all') this.#seen[what] = true
    else if (typeof name !== 'string' || names === undefined) return
    else if (name.length > MAX_NAME || names.size === MAX_NAMES) this.#seen.all = true
    else names.add(name)
  }
}

/** What the component says of them; undefined: nothing. */
export function toEnvReads(reads: TopLevelReads, isRequired: boolean): EnvReads | undefined {
  const { isAll, isClassic, members, globals } = reads
  const all = isClassic ? [...new Set([...members, ...globals])] : members
  const names = all.slice(0, MAX_NAMES).map((name) => name.toWellFormed())
  if (!isAll && names.length === 0) return undefined
  return { isClassic, isRequired, isAll: isAll || all.length > MAX_NAMES, names }
}

function parse(json: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(json)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
