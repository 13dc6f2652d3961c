/**
 * Which pages of a memory are its own: those that somebody has written to since they were mapped or made (native/page-file.ts).
 * What the kernel knows of a process's pages is in `/proc/self/pagemap`, a word of 64 bits for each. Zeros that were read and
 * never written count, too, which take no memory: the bit that tells them apart is not set either while a process is being
 * started, and nobody's page may be forgotten.
 */
import { openSync, readSync } from 'node:fs'

import { libc } from './libc.ts'

/** Bytes in a page of the system, as far as this is of use. */
export const OWN_PAGE = 4096
/** Of sysconf(3). */
const PAGE_SIZE = 30
/** Bits of the upper half of a word: it has a page, in memory or on a disk; the page is a file's. */
const HAS_PAGE = 0xc000_0000
const IS_OF_FILE = 0x2000_0000
/** Bytes of a word. */
const WORD = 8

const pagemap = open()
let words = new Uint32Array(0)

/** Their numbers, ascending. Undefined: this system does not tell. */
export function findOwnPages({ buffer }: WebAssembly.Memory): Uint32Array | undefined {
  if (pagemap === undefined) return undefined
  const count = buffer.byteLength / OWN_PAGE
  if (words.length < count * 2) words = new Uint32Array(count * 2)
  const first = Number(libc!.toAddress(buffer) / BigInt(OWN_PAGE))
  const bytes = new Uint8Array(words.buffer, 0, count * WORD)
  if (readSync(pagemap, bytes, 0, bytes.length, first * WORD) !== bytes.length) return undefined
  const found = new Uint32Array(count)
  let length = 0
  for (let page = 0; page < count; page++) {
    const word = words[page * 2 + 1]!
    if ((word & HAS_PAGE) !== 0 && (word & IS_OF_FILE) === 0) found[length++] = page
  }
  return found.slice(0, length)
}

function open(): number | undefined {
  if (libc === undefined) return undefined
  try {
    return libc.sysconf(PAGE_SIZE) === BigInt(OWN_PAGE) ? openSync('/proc/self/pagemap', 'r') : undefined
  } catch {
    // not mounted, or hidden
    return undefined
  }
}
