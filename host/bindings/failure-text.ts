/** What went wrong, fit to show to the app's developer: undici says it in the cause, if there is one. */
export function toFailureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  return (cause instanceof Error && toReason(cause)) || toReason(error)
}

/** A connection that fails for several addresses has a code and no message. */
function toReason(error: Error): string {
  return error.message || ('code' in error ? String(error.code) : error.name)
}
