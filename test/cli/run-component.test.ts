/** `run app.wasm`: a component of wasi:http, asked once at the command line. */

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, test } from 'vitest'

import { ROOT } from '../harness/serve.ts'

const COMPONENT = join(ROOT, 'test/fixtures/foreign/rust/guest.wasm')
const run = promisify(execFile)

/** What it prints and says. */
async function runNano(...args: string[]): Promise<{ out: string; error: string; status: number }> {
  try {
    const { stdout, stderr } = await run(process.execPath, [join(ROOT, 'host/main.ts'), 'run', ...args])
    return { out: stdout, error: stderr, status: 0 }
  } catch (error) {
    const { stdout, stderr, code } = error as { stdout: string; stderr: string; code: number }
    return { out: stdout, error: stderr, status: code }
  }
}

describe('run of a component', () => {
  const directory = mkdtempSync(join(tmpdir(), 'nano-run-'))

  beforeAll(() => writeFileSync(join(directory, 'a.txt'), 'inside'))
  afterAll(() => rmSync(directory, { recursive: true }))

  test('sees what is named, and nothing else', async ({ expect }) => {
    const [named, blind] = await Promise.all([
      runNano(COMPONENT, '--dir', `${directory}::/data`, '--request', '/read/a.txt'),
      runNano(COMPONENT, '--request', '/read/a.txt'),
    ])
    expect(named).toMatchObject({ out: 'inside', status: 0 })
    expect(blind).toMatchObject({ out: 'no directories', status: 0 })
  })

  test('one that traps is an error, with its line', async ({ expect }) => {
    const { error, out, status } = await runNano(COMPONENT, '--env', 'A=B', '--request', '/trap')
    expect([status, out]).toEqual([1, expect.stringContaining('APP_TRAPPED')])
    expect(error).toContain('unreachable')
  })

  test('what is for scripts, or is no option of it, is wrong usage', async ({ expect }) => {
    for (const args of [
      ['--config', 'nano.json'],
      ['--env', 'novalue'],
      ['--allow-fetch', 'a b'],
      ['--request', 'x'],
    ]) {
      expect(await runNano(COMPONENT, ...args)).toMatchObject({
        status: 2,
        error: expect.stringContaining('USAGE'),
      })
    }
    expect(await runNano('script.ts', '--dir', '.')).toMatchObject({
      status: 2,
      error: expect.stringContaining('--dir'),
    })
  })
})
