/**
 * Memories of guests, and what V8's collector knows of them. A memory that is made with all of its pages counts as garbage that
 * could be there: for each 64 MiB of them, six memories, V8 looks through all of the thread's heap, in which each instance is
 * half a megabyte. One that grows to its pages does not count. So memories are made small, and what they are worth is told
 * when they are dropped (docs/decisions/starts.md). Pure.
 */
import { WASM_PAGE } from '../wasm/memory.ts'

/** One of so many pages of WebAssembly. Throws a RangeError when there is no room for it. */
export function makeMemory(pages: number, maximum: number): WebAssembly.Memory {
  const memory = new WebAssembly.Memory({ initial: 0, maximum })
  memory.grow(pages)
  return memory
}

/** Nobody has it any more: it is garbage, as much as it has pages. */
export function tellCollector({ buffer }: WebAssembly.Memory): void {
  const pages = buffer.byteLength / WASM_PAGE
  try {
    // none of its pages is touched: it takes addresses alone
    void new WebAssembly.Memory({ initial: pages, maximum: pages })
  } catch {
    // when there are none left, V8 has collected by now
  }
}
