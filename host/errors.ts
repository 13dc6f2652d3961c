/**
 * Every way in which NANO can fail, as one closed set: a code, whose fault it is, and the HTTP status that a client
 * sees. The text of an error goes to logs and to the person at the command line; a client of a tenant's app only
 * ever sees the code and the sentence beside it.
 */

/** Whose fault a failure is: the app's developer, the operator of the host, the client, or NANO itself. */
export type Blame = 'tenant' | 'operator' | 'client' | 'runtime'

const CODES = {
  // the app's code
  APP_THREW: ['tenant', 500, 'The app threw an error.'],
  APP_BAD_RESPONSE: ['tenant', 500, 'The app did not return a valid Response.'],
  APP_HUNG: ['tenant', 500, 'The app will never answer: nothing that it waits for can happen any more.'],
  APP_TRAPPED: ['tenant', 502, 'The app crashed while it handled this request.'],
  APP_TIMEOUT: ['tenant', 504, 'The app did not answer in time.'],
  APP_CPU_LIMIT: ['tenant', 503, 'The app used more processor time than it may.'],
  APP_MEMORY_LIMIT: ['tenant', 503, 'The app used more memory than it may.'],
  APP_BACKED_OFF: ['tenant', 503, 'The app used too much processor time too often and is paused.'],
  APP_REPLACED: ['tenant', 503, 'The app was replaced before it was done with this request.'],
  APP_BUSY: ['tenant', 503, 'The app has more requests than it can take.'],
  OBJECT_UNREACHABLE: ['operator', 503, 'The host that has the Durable Object cannot be reached.'],
  OBJECT_RESET: ['tenant', 503, 'The Durable Object was reset.'],
  APP_BUFFER_LIMIT: ['tenant', 503, 'More data of the app is waiting to be sent than its limit allows.'],
  APP_RESPONSE_TOO_LARGE: ['tenant', 502, 'The response of the app is larger than it may be.'],
  APP_IDLE: ['tenant', 504, 'The app sent nothing for too long.'],
  APP_SUBREQUEST_LIMIT: ['tenant', 500, 'The app made more fetches for one request than it may.'],
  APP_DATA_LIMIT: ['tenant', 500, 'The app made more calls to its data for one request than it may.'],
  APP_CONNECTION_LIMIT: ['tenant', 500, 'The app has as many TCP connections open as it may.'],
  APP_BACKGROUND_LIMIT: ['tenant', 500, 'The app went on working for too long after its response.'],
  STORAGE_LOST: ['operator', 503, 'The storage of the object failed, and the object begins again.'],
  EGRESS_DENIED: ['tenant', 500, 'The app tried to reach an address that it may not.'],
  // traffic
  HOST_UNKNOWN: ['client', 404, 'No app is configured for this host.'],
  HOST_INVALID: ['client', 400, 'The request does not name exactly one valid host.'],
  REQUEST_INVALID: ['client', 400, 'The request is malformed.'],
  METHOD_UNKNOWN: ['client', 501, 'The server does not know the method of the request.'],
  HTTPS_REQUIRED: ['client', 400, 'This port takes HTTPS only.'],
  REQUEST_TIMEOUT: ['client', 408, 'The request did not come in time.'],
  BODY_TOO_LARGE: ['client', 413, 'The body of the request is larger than the app takes.'],
  URL_TOO_LONG: ['client', 414, 'The URL of the request is longer than the app takes.'],
  HEADERS_TOO_LARGE: ['client', 431, 'The headers of the request are larger than the app takes.'],
  EXPECTATION_FAILED: ['client', 417, 'The request has an Expect header that this server does not support.'],
  CLIENT_IDLE: ['client', 408, 'The client took nothing of the response for too long.'],
  LOOP_DETECTED: ['tenant', 508, 'The request went through this server too often.'],
  SHUTTING_DOWN: ['operator', 503, 'The server is shutting down, or this part of it is.'],
  // the operator's listener
  NOT_FOUND: ['client', 404, 'There is nothing here.'],
  METHOD_NOT_ALLOWED: ['client', 405, 'That method is not allowed here.'],
  UNAUTHORIZED: ['client', 401, 'A token of the admin API is needed here.'],
  FORBIDDEN: ['client', 403, 'The token does not allow this.'],
  TOO_MANY_TRIES: ['client', 429, 'There were too many wrong tokens.'],
  APP_CHANGED: ['client', 412, 'The app is not as the request expects it.'],
  UPLOADS_BUSY: ['operator', 503, 'The server takes as many uploads as it can.'],
  TAILS_BUSY: ['operator', 503, 'As many readers follow the log as the server takes.'],
  STARTING: ['operator', 503, 'The server is starting.'],
  HOST_FORBIDDEN: ['client', 421, 'This listener does not answer under that host name.'],
  SERVER_UNREACHABLE: ['operator', 502, 'The server could not be asked.'],
  // building
  BUILD_FAILED: ['tenant', 500, 'The app could not be built.'],
  WRANGLER_INVALID: ['tenant', 500, "The app's wrangler file cannot be used."],
  TOOLCHAIN_MISSING: ['operator', 501, 'This host has no tools to build apps with.'],
  // components
  COMPONENT_INVALID: ['tenant', 422, 'The file is not a component that NANO can serve.'],
  ENGINE_UNKNOWN: ['tenant', 422, 'The component was built with an engine that this host does not know.'],
  ASSETS_INVALID: ['tenant', 422, 'The files of the app cannot be served.'],
  ASSET_UNREADABLE: ['operator', 502, 'A file of the app could not be read.'],
  // registries
  REGISTRY_UNREACHABLE: ['operator', 502, 'The registry could not be asked.'],
  REGISTRY_DENIED: ['operator', 502, 'The registry does not give this to who asks.'],
  REGISTRY_INVALID: ['operator', 502, 'The registry does not answer as a registry does.'],
  ARTIFACT_UNKNOWN: ['operator', 404, 'The registry has no such artifact.'],
  ARTIFACT_INVALID: ['tenant', 422, 'The artifact is not an app that NANO can serve.'],
  SIGNATURE_REFUSED: ['tenant', 422, 'The artifact is not signed as the operator demands.'],
  // operation
  APP_UNKNOWN: ['operator', 404, 'There is no app of that name.'],
  APP_CONFLICT: ['operator', 409, "The app, or its host name, is somebody else's."],
  SETTINGS_INVALID: ['operator', 422, 'The settings of the app are invalid.'],
  TRAFFIC_REFUSED: ['operator', 409, 'The version cannot have that part of the requests.'],
  VERSION_UNKNOWN: ['operator', 404, 'The app has no such version.'],
  ARTIFACT_BROKEN: ['operator', 500, 'What is stored of the app, or of its engine, is broken.'],
  QUERY_FAILED: ['operator', 422, 'The database refused the statements.'],
  STORAGE_FAILED: ['operator', 500, 'The data directory cannot be used.'],
  CALL_UNKNOWN: ['tenant', 502, 'There is no such app there, or it may not be called from here.'],
  FLEET_UNAVAILABLE: ['operator', 503, 'The fleet cannot be reached.'],
  FLEET_CONFLICT: ['operator', 409, 'Another host has changed the app at the same time.'],
  FLEET_STATE_INVALID: ['operator', 500, 'What the fleet says cannot be used.'],
  CONFIG_INVALID: ['operator', 500, 'The configuration is invalid.'],
  USAGE: ['operator', 500, 'The command line is invalid.'],
  APP_UNAVAILABLE: ['operator', 502, 'The app could not be started.'],
  INTERNAL: ['runtime', 500, 'Something went wrong inside the server.'],
} as const satisfies Record<string, readonly [Blame, number, string]>

export type ErrorCode = keyof typeof CODES

/** All of them. */
export const ERROR_CODES = Object.keys(CODES) as readonly ErrorCode[]

/** An error with a code of the closed set. `message` is for logs and terminals, never for a tenant's clients. */
export class NanoError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'NanoError'
    this.code = code
  }

  get blame(): Blame {
    return CODES[this.code][0]
  }

  get status(): number {
    return CODES[this.code][1]
  }
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(CODES, text)
}

/** The HTTP status of a code. */
export function toStatus(code: ErrorCode): number {
  return CODES[code][1]
}

/** What a client, or an app that calls another one, is told. */
export function toSentence(code: ErrorCode): string {
  return CODES[code][2]
}

/** What a client sees: `{"error":{"code","message"}}`, without internals. */
export function toClientBody(code: ErrorCode): string {
  return JSON.stringify({ error: { code, message: CODES[code][2] } })
}

/** Any thrown value as a NanoError; what is not one already is NANO's own fault. */
export function toNanoError(thrown: unknown): NanoError {
  if (thrown instanceof NanoError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new NanoError('INTERNAL', message, { cause: thrown })
}

/** An error in a form that can be posted to another thread or process. */
export interface Fault {
  readonly code: ErrorCode
  readonly message: string
  readonly stack: string
}

export function toFault(thrown: unknown): Fault {
  const { code, message } = toNanoError(thrown)
  return { code, message, stack: toStackText(thrown) }
}

/** The error that was posted; where it was thrown stands in its cause. */
export function fromFault({ code, message, stack }: Fault): NanoError {
  const cause = new Error(message)
  cause.stack = stack
  return new NanoError(code, message, { cause })
}

/** Any thrown value as text for a log, with its stack if it has one. */
export function toStackText(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
}

/** What is broken on the disk has nothing to do with the place where that was noticed. */
export function toFailureText(error: unknown): string {
  return error instanceof NanoError && error.blame === 'operator'
    ? `${error.code}: ${error.message}`
    : toStackText(error)
}
