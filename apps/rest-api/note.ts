/**
 * What a note is, and the check of what a client sends as one.
 */

export interface Note {
  id: number
  title: string
  text: string
  done: boolean
}

const LONGEST_TITLE = 200

/** The fields of a note from a client's JSON, or the problem with it in words fit for the client. */
export function parseNote(input: unknown): Omit<Note, 'id'> | { problem: string } {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return { problem: 'the body must be a JSON object' }
  }
  const { title, text = '', done = false } = input as Record<string, unknown>
  if (typeof title !== 'string' || title.trim() === '')
    return { problem: '"title" must be a non-empty string' }
  if (title.length > LONGEST_TITLE) return { problem: `"title" may have ${LONGEST_TITLE} characters` }
  if (typeof text !== 'string') return { problem: '"text" must be a string' }
  if (typeof done !== 'boolean') return { problem: '"done" must be true or false' }
  return { title: title.trim(), text, done }
}
