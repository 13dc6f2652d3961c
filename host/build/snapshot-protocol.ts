/** The words with which `snapshot-main.ts` tells `snapshot.ts` why it failed: the last line of its stderr. */
export const FAILURE = 'nano-snapshot:'
export const TIMED_OUT = 'timeout'
export const FORBIDDEN_IMPORT = 'import'
export const TOO_LARGE = 'too large'
