/**
 * What the toolchain makes of the engine and the world, which is the same for every app: kept in this process, and in the
 * cache directory for the next. The key is everything that a result depends on, so that none is ever wrong; one that is
 * broken or cannot be written counts as none, and is made again.
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'

const FOLDER = 'tools'
/** Results that are kept: two for each toolchain and world. */
const MOST = 8

export class ToolResults<Result> {
  readonly #directory: string
  #last: { readonly name: string; readonly result: Promise<Result> } | undefined

  /** `directory`: the cache's. */
  constructor(directory: string) {
    this.#directory = join(directory, FOLDER)
  }

  get(key: readonly unknown[], make: () => Promise<Result>): Promise<Result> {
    const name = createHash('sha256').update(JSON.stringify(key)).digest('hex')
    if (this.#last?.name === name) return this.#last.result
    const result = this.#find(name, make)
    const last = { name, result }
    this.#last = last
    result.catch(() => {
      if (this.#last === last) this.#last = undefined
    })
    return result
  }

  async #find(name: string, make: () => Promise<Result>): Promise<Result> {
    return this.#read(name) ?? this.#write(name, await make())
  }

  #read(name: string): Result | undefined {
    try {
      const bytes = readFileSync(join(this.#directory, name))
      const content = bytes.subarray(DIGEST_BYTES)
      return digest(content).equals(bytes.subarray(0, DIGEST_BYTES))
        ? (deserialize(content) as Result)
        : undefined
    } catch {
      return undefined
    }
  }

  #write(name: string, result: Result): Result {
    try {
      mkdirSync(this.#directory, { recursive: true })
      const content = serialize(result)
      const draft = join(this.#directory, `${name}.${randomUUID()}.tmp`)
      writeFileSync(draft, Buffer.concat([digest(content), content]))
      renameSync(draft, join(this.#directory, name))
      this.#prune()
    } catch {
      // a draft that was begun goes with the oldest
    }
    return result
  }

  /** Removes the oldest, drafts among them. */
  #prune(): void {
    const files = readdirSync(this.#directory).map((name) => {
      const path = join(this.#directory, name)
      return { path, at: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }
    })
    for (const { path } of files.sort((a, b) => b.at - a.at).slice(MOST)) rmSync(path, { force: true })
  }
}

const DIGEST_BYTES = 32

const digest = (content: Uint8Array): Buffer => createHash('sha256').update(content).digest()
