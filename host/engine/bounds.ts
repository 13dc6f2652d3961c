/** How much of a list the host takes out of a guest, by the name that bytes have in `wit/` (`type text = list<u8>`). */

import { LANGUAGE_BOUNDS } from '../language/bounds.ts'

export const BOUNDS = {
  /** Bytes of a log line or an error; the log keeps fewer. */
  text: 16 * 1024,
  /** Bytes of a head: more than any head may have, so that one that is cut is refused for its length. */
  head: 256 * 1024,
  /** Bytes of a definition and of arguments in `wit/language.wit`: one more than is taken, so that what is cut is refused. */
  expert: LANGUAGE_BOUNDS.expert + 1,
  input: LANGUAGE_BOUNDS.input + 1,
  /** Bytes of a name or of a part of a JSON Web Key: a number of an RSA key has some 1400 at most. */
  word: 16 * 1024,
  /** Bytes of what is said of a connection, some twenty certificates with it: one more than is taken. */
  terms: 64 * 1024 + 1,
  /** Items of any list that is not one of bytes. */
  items: 10_000,
}
