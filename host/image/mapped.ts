/** Layers as files whose pages memories have in common until somebody writes to them (native/page-file.ts). */
import { makePageFile, type FilePiece, type PageFile } from '../native/page-file.ts'
import { RUN_WORDS, type ImageLayer } from './image.ts'

/** Undefined: the system has no such files, or no room for one, and the layer is copied. */
export function toPageFile(layer: ImageLayer): PageFile | undefined {
  try {
    return makePageFile(toPieces(layer), toEnd(layer.runs))
  } catch {
    return undefined
  }
}

/** The first address beyond all runs. */
export function toEnd(runs: Uint32Array): number {
  let end = 0
  for (let i = 0; i < runs.length; i += RUN_WORDS) end = Math.max(end, runs[i]! + runs[i + 1]!)
  return end
}

function* toPieces({ runs, bytes }: ImageLayer): Generator<FilePiece> {
  for (let i = 0; i < runs.length; i += RUN_WORDS) {
    const [address, length, place] = [runs[i]!, runs[i + 1]!, runs[i + 2]!]
    yield { address, bytes: bytes.subarray(place, place + length) }
  }
}
