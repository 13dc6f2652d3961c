/**
 * Node counts the bytes that wait in a stream for the far side. Each write costs it some 300 bytes beside its own, so
 * that what is written byte by byte would be 60 times as large before the stream says that it is full: here it says so
 * after so many writes as well.
 */

/** A socket or a response. */
export interface Writes {
  write(
    chunk: Uint8Array | string,
    encoding?: BufferEncoding,
    callback?: (error?: Error | null) => void,
  ): boolean
  emit(event: 'drain'): boolean
}

/** Writes that may wait. */
const MOST_UNSENT = 64

/** Let the stream say that it is full also when this many writes wait, and that it has drained when none does. */
export function boundUnsentWrites(stream: Writes): void {
  const write = stream.write.bind(stream)
  let unsent = 0
  let isFull = false
  const onSent = (error?: Error | null): void => {
    unsent--
    // a stream that is broken has nobody who would go on
    if (error || unsent > 0 || !isFull) return
    isFull = false
    stream.emit('drain')
  }
  stream.write = (chunk, encoding) => {
    unsent++
    const takesMore = write(chunk, encoding, onSent)
    if (takesMore && unsent >= MOST_UNSENT) isFull = true
    return takesMore && !isFull
  }
}
