/** What nano.json gives to the app as `env`. */
interface Env {
  readonly GREETING: string
}

/** What a handler may do besides answering. */
interface ExecutionContext {
  /** Keep the instance for this work after the response is sent. */
  waitUntil(promise: Promise<unknown>): void
  passThroughOnException(): void
}

/** An app's default export. */
interface ExportedHandler {
  fetch(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response>
}
