/** What nano.json says of where a log goes. */

import * as z from 'zod'

import { closed, expected, text, textThat } from './values.ts'

/** What a drain that is a file begins with. */
export const FILE_DRAIN = 'file:'

const drainUrl = textThat(isDrainUrl, 'a "file:" with a path, or an http: or https: URL without a password')

/** `whose`: the part of the log that goes there. */
export const logDrain = (whose: string) =>
  z
    .union([drainUrl, closed({ url: drainUrl, headers: z.record(z.string(), text()).exactOptional() })], {
      error: expected('a "file:" with a path, an http: or https: URL, or an object with "url" and "headers"'),
    })
    .meta({
      description: `Where ${whose} goes besides the server's own log, as JSON lines: file:logs/{app}.log (relative to this file), or a URL that takes them by POST; {app} is the app's name. With headers: { "url": ..., "headers": { ... } }.`,
    })

function isDrainUrl(text: string): boolean {
  if (text.startsWith(FILE_DRAIN)) return text.length > FILE_DRAIN.length && !text.startsWith('file://')
  const { protocol, username, password } = URL.parse(text) ?? {}
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === ''
}
