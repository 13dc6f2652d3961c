/**
 * On whose behalf the guest runs: the id of a request, or 0. It holds from an event through everything that the event
 * makes runnable, and a timer keeps it. Several new requests in one turn are each a source while their handlers are
 * called; what goes on in the microtasks behind them can belong to any of them, and counts as nobody's.
 */

export const source = { current: 0 }
