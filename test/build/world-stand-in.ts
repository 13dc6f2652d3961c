// A guest shim of the fewest lines, for builds whose result no host runs: it has the exports that the build wants.

interface Request {
  readonly tag: string
  readonly val: { readonly id: number }
}

let handler: ((request: unknown) => unknown) | undefined

export function start(app: { default?: { fetch?: (request: unknown) => unknown } }): void {
  handler = app.default?.fetch
  if (handler === undefined) throw new TypeError('has no default export with a fetch handler')
}

export function turn(events: readonly Request[]): void {
  for (const event of events) handler?.(event.val)
}
