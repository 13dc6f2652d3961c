/**
 * The door in of a guest that has no app: it evaluates what it is sent, each time within a request, so that everything that a
 * handler may use may be used. For the commands `run`, `eval` and `repl`, whose server has this one app.
 *
 * What is sent is the code of an async function; what comes back is JSON with the value that it gives, or with what it threw.
 */

import type { ExecutionContext } from './bindings/background.ts'
import type { Env } from './env.ts'
import type { Request } from './globals/request.ts'
import { Response } from './globals/response.ts'
import { describeError, inspect } from './globals/log-text.ts'
import { start as startApp } from './world.ts'

export { turn } from './world.ts'

// oxlint-disable-next-line no-eval -- what this guest is for
const evaluateGlobally = eval

export function start(): void {
  startApp({ default: { fetch: answer } })
}

async function answer(
  request: Request & { text(): Promise<string> },
  env: Env,
  ctx: ExecutionContext,
): Promise<Response> {
  const code = await request.text()
  Object.assign(globalThis, { env, ctx })
  try {
    const run = evaluateGlobally(code) as () => Promise<{ value?: unknown }>
    const { value } = (await run()) ?? {}
    return Response.json({ value: inspect(value) })
  } catch (error) {
    return Response.json({ error: describeError(error) })
  }
}
