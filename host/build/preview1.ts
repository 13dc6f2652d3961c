/**
 * The operating system that an app sees while its top level runs: `wasi_snapshot_preview1` with nothing in it that
 * differs from one build to the next. Time stands at a constant, randomness is a seeded sequence, the only files are
 * the ones that were given, under constant names. Same input, same calls, same memory: that makes builds repeatable.
 *
 * Pointers come from the guest; a wrong one throws a RangeError, which ends the build like any other failure.
 */

const ESUCCESS = 0
const EBADF = 8
const EINVAL = 28
const ENOENT = 44
const ENOTSUP = 58
const REALTIME = 0
const [STDIN, STDOUT, STDERR, ROOT] = [0, 1, 2, 3]
const [CHARACTER_DEVICE, DIRECTORY, REGULAR_FILE] = [2, 3, 4]
/** Monotonic time begins here and passes by `TICK` with each look, in nanoseconds: it never stands still or is zero. */
const MONOTONIC_START = 1_000_000_000n
const TICK = 1_000n
const RANDOM_SEED = 0x9e3779b9

/** What a guest finds when it looks around. */
export interface Surroundings {
  /** Absolute guest paths to contents. */
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly stdin: Uint8Array
  readonly environment: Readonly<Record<string, string>>
  /** Milliseconds since 1970 that `Date.now()` shows. */
  readonly now: number
  /** Receives what the guest writes to stdout and stderr. */
  readonly write: (bytes: Uint8Array) => void
}

/** The guest ended the process itself. */
export class GuestExit extends Error {
  readonly status: number

  constructor(status: number) {
    super(`the app's top level ended with status ${status}`)
    this.status = status
  }
}

interface OpenFile {
  readonly bytes: Uint8Array
  at: number
}

/** The functions of `wasi_snapshot_preview1`; those that are missing here refuse with ENOTSUP. */
export function createPreview1(around: Surroundings, memory: () => ArrayBuffer) {
  const environment = Object.keys(around.environment)
    .sort()
    .map((name) => Buffer.from(`${name}=${around.environment[name]}\0`))
  const open = new Map<number, OpenFile>([[STDIN, { bytes: around.stdin, at: 0 }]])
  let nextDescriptor = ROOT + 1
  let monotonic = MONOTONIC_START
  let random = RANDOM_SEED

  const view = () => new DataView(memory())
  const bytes = (at: number, length: number) => new Uint8Array(memory(), at, length)
  const store = (at: number, value: number) => (view().setUint32(at, value, true), ESUCCESS)
  const vectors = (at: number, count: number) =>
    Array.from({ length: count }, (_, index) =>
      bytes(view().getUint32(at + index * 8, true), view().getUint32(at + index * 8 + 4, true)),
    )
  const fileAt = (path: number, length: number) => {
    const name = Buffer.from(bytes(path, length)).toString()
    return around.files.get(`/${name.replace(/^(?:\.?\/)+/, '')}`)
  }

  return {
    args_sizes_get: (count: number, size: number) => store(count, 0) + store(size, 0),
    args_get: () => ESUCCESS,
    environ_sizes_get: (count: number, size: number) =>
      store(count, environment.length) + store(size, Buffer.concat(environment).length),
    environ_get(pointers: number, text: number) {
      for (const [index, entry] of environment.entries()) {
        store(pointers + index * 4, text)
        bytes(text, entry.length).set(entry)
        text += entry.length
      }
      return ESUCCESS
    },
    clock_time_get(clock: number, _precision: bigint, result: number) {
      if (clock !== REALTIME) monotonic += TICK
      const time = clock === REALTIME ? BigInt(around.now) * 1_000_000n : monotonic
      view().setBigUint64(result, time, true)
      return ESUCCESS
    },
    random_get(at: number, length: number) {
      const target = bytes(at, length)
      for (let index = 0; index < length; index++) {
        random ^= random << 13
        random ^= random >>> 17
        random ^= random << 5
        target[index] = random
      }
      return ESUCCESS
    },
    fd_prestat_get: (fd: number, result: number) =>
      fd === ROOT ? store(result, 0) + store(result + 4, 1) : EBADF,
    fd_prestat_dir_name(fd: number, at: number, length: number) {
      if (fd !== ROOT || length < 1) return EBADF
      bytes(at, 1).set([0x2f])
      return ESUCCESS
    },
    fd_fdstat_get(fd: number, result: number) {
      if (fd > ROOT && !open.has(fd)) return EBADF
      bytes(result, 24).fill(0)
      bytes(result, 1)[0] = fd < ROOT ? CHARACTER_DEVICE : fd === ROOT ? DIRECTORY : REGULAR_FILE
      view().setBigUint64(result + 8, 0xffff_ffff_ffff_ffffn, true)
      view().setBigUint64(result + 16, 0xffff_ffff_ffff_ffffn, true)
      return ESUCCESS
    },
    fd_read(fd: number, at: number, count: number, result: number) {
      const file = open.get(fd)
      if (file === undefined) return EBADF
      let total = 0
      for (const target of vectors(at, count)) {
        const part = file.bytes.subarray(file.at, file.at + target.length)
        target.set(part)
        file.at += part.length
        total += part.length
      }
      return store(result, total)
    },
    fd_write(fd: number, at: number, count: number, result: number) {
      if (fd !== STDOUT && fd !== STDERR) return EBADF
      const parts = vectors(at, count)
      for (const part of parts) around.write(part.slice())
      return store(
        result,
        parts.reduce((sum, part) => sum + part.length, 0),
      )
    },
    fd_seek(fd: number, offset: bigint, whence: number, result: number) {
      const file = open.get(fd)
      if (file === undefined) return EBADF
      const base = [0, file.at, file.bytes.length][whence]
      if (base === undefined || base + Number(offset) < 0) return EINVAL
      file.at = base + Number(offset)
      view().setBigUint64(result, BigInt(file.at), true)
      return ESUCCESS
    },
    fd_close: (fd: number) => (open.delete(fd) ? ESUCCESS : EBADF),
    path_open(_fd: number, _lookup: number, path: number, length: number, ...rest: unknown[]) {
      const file = fileAt(path, length)
      if (file === undefined) return ENOENT
      open.set(nextDescriptor, { bytes: file, at: 0 })
      return store(rest.at(-1) as number, nextDescriptor++)
    },
    path_filestat_get(_fd: number, _flags: number, path: number, length: number, result: number) {
      const file = fileAt(path, length)
      if (file === undefined) return ENOENT
      bytes(result, 64).fill(0)
      bytes(result + 16, 1)[0] = REGULAR_FILE
      view().setBigUint64(result + 32, BigInt(file.length), true)
      return ESUCCESS
    },
    proc_exit(status: number): never {
      throw new GuestExit(status)
    },
    fd_fdstat_set_flags: () => ENOTSUP,
    fd_readdir: () => ENOTSUP,
    path_remove_directory: () => ENOTSUP,
    path_unlink_file: () => ENOTSUP,
  }
}
