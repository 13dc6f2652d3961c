/** @module Interface nano:workers/request-body@0.1.0 **/
/**
 * Ask for the next chunk; it comes as a `request-body` event. At most one outstanding per request.
 */
export function pull(id: number): void;
/**
 * The app will not read the rest; the host discards it.
 */
export function cancel(id: number): void;
