/** The other side of `asked-thread.ts`: a thread that answers what it is asked. */
import { parentPort } from 'node:worker_threads'

import { toFault } from '../errors.ts'
import type { Asked, FromThread, Outcome, Questions } from './asked-thread.ts'

/** What the thread does for each. */
export type Answers<Of extends Questions<Of>, Note> = {
  readonly [Type in keyof Of]: (
    ask: Of[Type]['ask'],
    note: (note: Note) => void,
  ) => Of[Type]['answer'] | Promise<Of[Type]['answer']>
}

/**
 * From here on questions of the thread that started this one are answered. `toMoved`: what of an answer moves there and is not
 * copied.
 */
export function answerAll<Of extends Questions<Of>, Note>(
  answers: Answers<Of, Note>,
  toMoved: (answer: Of[keyof Of]['answer']) => ArrayBuffer[] = () => [],
): void {
  const tell = (message: FromThread<Note>, moved: ArrayBuffer[] = []): void => {
    parentPort?.postMessage(message, moved)
  }
  const settle = async ({ id, type, ask }: Asked): Promise<Outcome> => {
    try {
      return { answer: await answers[type as keyof Of](ask, (note) => tell({ id, note })) }
    } catch (thrown) {
      return { fault: toFault(thrown) }
    }
  }
  parentPort?.on('message', (asked: Asked) => {
    void settle(asked).then((outcome) =>
      tell({ id: asked.id, outcome }, 'answer' in outcome ? toMoved(outcome.answer) : []),
    )
  })
}
