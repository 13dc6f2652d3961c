/** Where secrets are, as nano.json says it. */

import * as z from 'zod'

import { closed, text, textLike } from './values.ts'

/** Without what is there instead: that may be the secret. */
const toExpected = (): string =>
  'expected an object with "file", "env" or "credential" that says where it is, not the secret itself'

export const source = z.union([
  closed(
    {
      env: textLike(/^[A-Za-z_]\w*$/, 'the name of a variable').meta({
        description: "Of the server's environment.",
      }),
    },
    {},
    toExpected,
  ),
  closed(
    {
      credential: textLike(/^[\w.:@-]+$/, 'the name of a credential').meta({
        description: 'Of those that systemd gives: LoadCredential=.',
      }),
    },
    {},
    toExpected,
  ),
  closed({ file: text().meta({ description: 'Relative to this file.' }) }, {}, toExpected),
])

export const secrets = z
  .record(z.string(), source, { error: () => 'expected an object with the name of each secret' })
  .meta({
    description:
      'Texts that the app finds in its env and that nothing shows: { "API_KEY": { "file": "secrets/api-key" } }, or with "env" or "credential". They are read again with each reload.',
  })
