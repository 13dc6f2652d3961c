/** `nano-workers dev` as a process of its own. */

import { spawn } from 'node:child_process'
import { join } from 'node:path'

import { send } from './http.ts'
import type { Answer } from './http.ts'
import { ROOT, waitFor } from './serve.ts'

export interface DevProcess extends AsyncDisposable {
  /** What it has logged. */
  log(): string
  ask(path?: string): Promise<Answer>
  /** The first answer that has this status and text, waited for. */
  answered(status: number, text: string | RegExp): Promise<Answer>
  /** Ask it to end; gives the exit status. */
  stop(): Promise<number | null>
}

const PATIENCE_MS = 30_000

/** Resolves when it serves. */
export async function startDev(...args: readonly string[]): Promise<DevProcess> {
  const child = spawn(process.execPath, [join(ROOT, 'host/main.ts'), 'dev', ...args, '--port', '0'])
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  let out = ''
  let log = ''
  child.stdout.on('data', (part) => (out += String(part)))
  child.stderr.on('data', (part) => (log += String(part)))
  const port = await waitFor(() => /127\.0\.0\.1:(\d+)/.exec(out)?.[1], PATIENCE_MS, log)
  const ask = (path = '/') => send(Number(port), { host: 'any.name', path })
  return {
    log: () => log,
    ask,
    answered: (status, text) =>
      waitFor(
        async () => {
          const answer = await ask()
          const isMeant = typeof text === 'string' ? answer.text === text : text.test(answer.text)
          return answer.status === status && isMeant ? answer : undefined
        },
        PATIENCE_MS,
        log,
      ),
    async stop() {
      child.kill('SIGTERM')
      return await exited
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
