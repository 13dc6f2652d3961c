/** A storage that says when an alarm was set in the index. */

import type { AlarmCall } from '../alarms/open.ts'
import type { Storage } from '../client.ts'

/** `onSet`: an object has its alarm then, in milliseconds since 1970. */
export function withAlarms(storage: Storage, onSet: (time: number) => void): Storage {
  return {
    call(request, more, listener) {
      if (request.kind !== 'alarms') return storage.call(request, more, listener)
      const { op, args } = request as unknown as AlarmCall
      return storage.call(request, more, {
        onAnswer(meta, body, isMore) {
          listener.onAnswer(meta, body, isMore)
          if (op === 'set' && args.time !== null) onSet(args.time)
        },
        onChunk: (bytes, last) => listener.onChunk(bytes, last),
        onWant: () => listener.onWant(),
        onFailed: (failure) => listener.onFailed(failure),
      })
    },
  }
}
