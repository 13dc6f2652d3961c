/**
 * Files in memory whose pages many memories of WebAssembly have in common, each page until somebody writes to it: the kernel
 * then gives the writer a copy of its own (`mmap(2)`, `MAP_PRIVATE`). What was written is dropped at once (`madvise(2)`,
 * `MADV_DONTNEED`), and the page is the file's again. A file can be neither cut nor written to once it is made (seals): a page
 * beyond its end would be a SIGBUS.
 *
 *     makePageFile  >  a file, as long as the process  --mapPages-->  a memory's first pages  --restorePages-->  the same, as at first
 */
import { ftruncateSync, writeSync } from 'node:fs'

import { libc, type Libc } from './libc.ts'

/** Plain data: all threads of the process may use it. */
export interface PageFile {
  readonly fd: number
  /** A multiple of 64 KiB, as large as pages of a system get. */
  readonly length: number
}

/** Bytes at an address. */
export interface FilePiece {
  readonly address: number
  readonly bytes: Uint8Array
}

/** Lengths are multiples of it. */
const PAGE = 65_536

/** Of memfd_create(2). */
const CLOSE_ON_EXEC = 1
const MAY_BE_SEALED = 2
/** Of fcntl(2): no other seals, no cut, no growth, no writing. */
const ADD_SEALS = 1033
const SEALS = 1 | 2 | 4 | 8
/** Of mmap(2). */
const READ_WRITE = 1 | 2
const PRIVATE_FIXED = 0x02 | 0x10
/** Of madvise(2). */
const DONT_NEED = 4

/** Whether there are such files on this system. */
export const hasPageFiles = libc !== undefined && works(libc)

/** A file of at least `length` bytes: these pieces, and zeros. Undefined: there are none here. Throws when there is no room. */
export function makePageFile(pieces: Iterable<FilePiece>, length: number): PageFile | undefined {
  return hasPageFiles ? make(libc!, pieces, length) : undefined
}

/**
 * A memory's first `length` bytes, a multiple of 64 KiB, are the file's. False: they are as before. Throws a RangeError when file or
 * memory are smaller.
 */
export function mapPages(memory: WebAssembly.Memory, file: PageFile, length: number): boolean {
  return hasPageFiles && map(libc!, memory, file, length)
}

/** All pages of a memory are what they were before somebody wrote to them: the file's that was mapped, and zeros. */
export function restorePages(memory: WebAssembly.Memory): boolean {
  return hasPageFiles && restore(libc!, memory)
}

/** Whether a small memory is what it has to be, all the way. */
function works(calls: Libc): boolean {
  try {
    const file = make(calls, [{ address: PAGE - 2, bytes: Uint8Array.of(7, 7) }], PAGE)
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 2 })
    const target = new Uint8Array(memory.buffer)
    target[PAGE] = 5
    const isMapped = map(calls, memory, file, PAGE) && target[PAGE - 1] === 7 && target[PAGE] === 5
    target[PAGE - 1] = 9
    const isRestored = isMapped && restore(calls, memory) && target[PAGE - 1] === 7 && target[PAGE] === 0
    calls.close(file.fd)
    return isRestored
  } catch {
    return false
  }
}

function make(calls: Libc, pieces: Iterable<FilePiece>, bytes: number): PageFile {
  const fd = calls.memfd_create('nano-pages', CLOSE_ON_EXEC | MAY_BE_SEALED)
  if (fd < 0) throw new Error('memfd_create: there is no room for one more file')
  try {
    const length = Math.ceil(bytes / PAGE) * PAGE
    ftruncateSync(fd, length)
    for (const piece of pieces) writeAll(fd, piece)
    if (calls.fcntl(fd, ADD_SEALS, SEALS) !== 0) throw new Error('fcntl: the file cannot be sealed')
    return { fd, length }
  } catch (error) {
    calls.close(fd)
    throw error
  }
}

function writeAll(fd: number, { bytes, address }: FilePiece): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at, bytes.length - at, address + at)
}

function map(calls: Libc, { buffer }: WebAssembly.Memory, file: PageFile, length: number): boolean {
  if (length > Math.min(file.length, buffer.byteLength) || length % PAGE !== 0) {
    throw new RangeError('so much of a file cannot be mapped into a memory')
  }
  if (length === 0) return true
  const address = calls.toAddress(buffer)
  return calls.mmap(address, BigInt(length), READ_WRITE, PRIVATE_FIXED, file.fd, 0n) === address
}

function restore(calls: Libc, { buffer }: WebAssembly.Memory): boolean {
  return calls.madvise(calls.toAddress(buffer), BigInt(buffer.byteLength), DONT_NEED) === 0
}
