/** How much of a named list of the world (`type text = list<u8>` in `wit/`) the host copies out of a guest. */

export const BOUNDS = {
  /** Bytes of a log line or an error; the log keeps fewer. */
  text: 16 * 1024,
  /** Bytes of a head: more than any head may have, so that one that is cut is refused for its length. */
  head: 256 * 1024,
}
