/** @module Interface nano:workers/background@0.2.0 **/
/**
 * The request with this id got its first pending `waitUntil` promise.
 */
export function hold(id: number): void;
/**
 * All of its promises are settled. A later promise holds again.
 */
export function release(id: number): void;
