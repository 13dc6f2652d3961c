/**
 * The functions of the C library that the host calls, through `node:ffi`: on Linux, with a Node that has it. Elsewhere there are none,
 * and whoever calls them has another way. Node calls `node:ffi` experimental: what is used of it is tried out before it is used.
 *
 * This room is the one place of the host where a wrong number ends the process instead of throwing. So an address is asked of a
 * buffer that is in hand, and lives as long as the call; and a length is never more than the buffer's.
 */

const FUNCTIONS = {
  memfd_create: { arguments: ['string', 'uint32'], return: 'int32' },
  fcntl: { arguments: ['int32', 'int32', 'int32'], return: 'int32' },
  mmap: { arguments: ['uint64', 'uint64', 'int32', 'int32', 'int32', 'int64'], return: 'uint64' },
  madvise: { arguments: ['uint64', 'uint64', 'int32'], return: 'int32' },
  sysconf: { arguments: ['int32'], return: 'int64' },
  close: { arguments: ['int32'], return: 'int32' },
} as const

export interface Libc {
  memfd_create(name: string, flags: number): number
  fcntl(fd: number, command: number, value: number): number
  mmap(at: bigint, length: bigint, protection: number, flags: number, fd: number, offset: bigint): bigint
  madvise(at: bigint, length: bigint, advice: number): number
  sysconf(name: number): bigint
  close(fd: number): number
  /** Where a buffer begins. */
  toAddress(buffer: ArrayBuffer): bigint
}

export const libc = open()

function open(): Libc | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const ffi = loadQuietly()
    if (ffi === undefined) return undefined
    const { functions } = ffi.dlopen(null, FUNCTIONS)
    return { ...functions, toAddress: (buffer) => ffi.getRawPointer(buffer) }
  } catch {
    // switched off, not permitted, or with another interface by now
    return undefined
  }
}

/** Node warns of what is experimental as soon as it is loaded. */
function loadQuietly(): typeof import('node:ffi') | undefined {
  const emitWarning = process.emitWarning.bind(process)
  process.emitWarning = () => {}
  try {
    return process.getBuiltinModule('node:ffi')
  } finally {
    process.emitWarning = emitWarning
  }
}
