/** The words with which `snapshot-main.ts` tells `snapshot.ts` why it failed: the last line of its stderr. */
export const FAILURE = 'nano-snapshot:'
export const TIMED_OUT = 'timeout'
export const FORBIDDEN_IMPORT = 'import'
/** The app reported an error that nobody caught; it is printed before, as the engine prints one. */
export const UNCAUGHT = 'uncaught'
export const TOO_LARGE = 'too large'
