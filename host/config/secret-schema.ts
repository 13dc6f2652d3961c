/** Where the secrets of an app are, as nano.json says it. */

import * as z from 'zod'

import { closed, expected, text, textLike } from './values.ts'

const source = z.union(
  [
    closed({
      env: textLike(/^[A-Za-z_]\w*$/, 'the name of a variable').meta({
        description: "Of the server's environment.",
      }),
    }),
    closed({
      credential: textLike(/^[\w.:@-]+$/, 'the name of a credential').meta({
        description: 'Of those that systemd gives: LoadCredential=.',
      }),
    }),
    closed({ file: text().meta({ description: 'Relative to this file.' }) }),
  ],
  { error: expected('an object with "file", "env" or "credential"') },
)

export const secrets = z.record(z.string(), source, { error: expected('an object') }).meta({
  description:
    'Texts that the app finds in its env and that nothing shows: { "API_KEY": { "file": "secrets/api-key" } }, or with "env" or "credential". They are read again with each reload.',
})
