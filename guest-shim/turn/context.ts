/**
 * What `AsyncLocalStorage` carries along: whatever its module (guest-modules/node/async_hooks.ts) keeps here belongs to
 * the code that runs now. An event begins with nothing, so that two requests of one turn share none; a timer goes on with
 * what was there when it was started.
 */

export const context: { current: unknown } = { current: undefined }
