/**
 * The prompt of `repl`: lines are read, gathered until they are whole, and evaluated in a guest one after the other, whether
 * somebody types, pastes or pipes them. (Node's own prompt takes the next line before the one before is evaluated.)
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { setTimeout as sleep } from 'node:timers/promises'

import type { ScriptSession } from './script-session.ts'
import { readVersion } from './version.ts'

type Scripts = Pick<typeof import('../build/script.ts'), 'toScript' | 'Unfinished'>

const HISTORY = join(homedir(), '.nano_repl_history')
const HISTORY_LINES = 1000

const PROMPT = '> '
const CONTINUED = '... '
const EXITS: ReadonlySet<string> = new Set(['.exit', 'exit', 'quit'])

/** So long the last words of a line may take, which come by another way than its value. */
const LOG_MS = 20

/** Resolves when the person leaves. */
export async function serveRepl(session: ScriptSession, scripts: Scripts): Promise<void> {
  const { stdin: input, stdout: output } = process
  const isTerminal = input.isTTY && output.isTTY
  const history = isTerminal ? readHistory() : []
  const lines = createInterface({ input, output, terminal: isTerminal, history, historySize: HISTORY_LINES })
  let text = ''
  const ask = (prompt: string): void => {
    lines.setPrompt(prompt)
    if (isTerminal) lines.prompt()
  }
  lines.on('SIGINT', () => {
    if (text === '' && lines.line === '') return lines.close()
    text = ''
    output.write('\n')
    // what was typed goes with it
    lines.write(null, { ctrl: true, name: 'u' })
    ask(PROMPT)
  })
  if (isTerminal) lines.on('history', writeHistory)
  output.write(`NANO ${readVersion()}; ctrl-D or .exit ends it\n`)
  ask(PROMPT)
  let count = 0
  for await (const line of lines) {
    if (text === '' && EXITS.has(line.trim())) break
    text += `${line}\n`
    try {
      if (text.trim() !== '') output.write(`${await evaluate(session, scripts, text, `repl-${++count}`)}\n`)
      text = ''
      ask(PROMPT)
    } catch (error) {
      if (!(error instanceof scripts.Unfinished)) throw error
      ask(CONTINUED)
    }
  }
  lines.close()
}

/** The value or the error, as text. Throws `Unfinished`. */
async function evaluate(
  session: ScriptSession,
  { toScript, Unfinished }: Scripts,
  text: string,
  name: string,
): Promise<string> {
  let code: string
  try {
    code = toScript(text, name)
  } catch (error) {
    if (error instanceof Unfinished) throw error
    return (error as Error).message
  }
  const outcome = await session.evaluate(code)
  await sleep(LOG_MS)
  return 'value' in outcome ? outcome.value : `Uncaught ${outcome.error}`
}

/** The latest first. */
function readHistory(): string[] {
  try {
    return readFileSync(HISTORY, 'utf8').split('\n').filter(Boolean)
  } catch {
    return []
  }
}

function writeHistory(history: readonly string[]): void {
  try {
    writeFileSync(HISTORY, history.join('\n'), { mode: 0o600 })
  } catch {
    // the prompt works without
  }
}
