/** Completion, asked of the shells themselves. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, test } from 'vitest'

import { SHELLS, toCompletion } from './completion.ts'
import { createProgram } from './program.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-completion-'))
afterAll(() => rmSync(folder, { recursive: true }))

const program = createProgram(() => Promise.reject(new Error('not to be started')), 'text')
const scripts = Object.fromEntries(
  SHELLS.map((shell) => {
    const file = join(folder, shell)
    writeFileSync(file, toCompletion(program, shell))
    return [shell, file]
  }),
)

/** What a shell prints that has read the script. */
const ask = (shell: string, args: readonly string[], text: string): string[] =>
  execFileSync(shell, [...args, '-c', `source ${scripts[shell]}; ${text}`], { cwd: folder, encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '')

const isThere = (shell: string): boolean => {
  try {
    execFileSync(shell, ['-c', 'true'])
    return true
  } catch {
    return false
  }
}

/** What is offered after these words, of which the last is being written. */
const ASK: Readonly<Record<string, (words: readonly string[]) => string[]>> = {
  bash: (words) =>
    ask(
      'bash',
      ['--norc'],
      `COMP_WORDS=(nano-workers ${words.join(' ') || "''"}); COMP_CWORD=${Math.max(1, words.length)}; ` +
        'complete -p nano-workers >/dev/null && { _nano_workers; printf "%s\\n" "${COMPREPLY[@]}"; }',
    ),
  fish: (words) =>
    ask('fish', ['--no-config'], `complete -C "nano-workers ${words.join(' ')}"`).map(
      (line) => line.split('\t')[0]!,
    ),
}

describe.for(['bash', 'fish'])('%s', (shell) => {
  const offered = ASK[shell]!
  const isMissing = !isThere(shell)

  test.skipIf(isMissing)('offers every command', ({ expect }) => {
    const names = program.createHelp().visibleCommands(program)
    expect(offered([]).sort()).toEqual(names.map((command) => command.name()).sort())
    expect(offered(['de']).sort()).toEqual(
      ['delete', 'deploy', 'dev'].filter((name) => name.startsWith('de')),
    )
  })

  test.skipIf(isMissing)("offers a command's options, and no other's", ({ expect }) => {
    expect(offered(['serve', '--po'])).toEqual(['--port'])
    expect(offered(['build', '--po'])).toEqual([])
    for (const command of program.createHelp().visibleCommands(program)) {
      const flags = program
        .createHelp()
        .visibleOptions(command)
        .flatMap(({ long }) => long ?? [])
      const found = offered([command.name(), '--'])
      expect(found.filter((each) => each.startsWith('--')).sort(), command.name()).toEqual(flags.sort())
    }
  })

  test.skipIf(isMissing)('offers what an argument may be, and files otherwise', ({ expect }) => {
    writeFileSync(join(folder, 'app.wasm'), '')
    expect(offered(['completion', 'b'])).toEqual(['bash'])
    expect(offered(['help', 'ser'])).toEqual(['serve'])
    // left to the shell, which offers files
    const files = shell === 'bash' ? [] : ['app.wasm']
    expect(offered(['serve', '--app', 'app'])).toEqual(files)
    expect(offered(['build', 'app'])).toEqual(files)
  })
})

describe('zsh', () => {
  const isMissing = !isThere('zsh')
  // the functions that lists are handed to, which print them
  const stubs = 'compdef() {}; _describe() { print -rl -- $commands }; _arguments() { print -rl -- "$@" }'
  const handed = (words: readonly string[]): string[] =>
    execFileSync(
      'zsh',
      [
        '-f',
        '-c',
        `${stubs}; source ${scripts['zsh']}; words=(nano-workers ${words.join(' ')} ''); CURRENT=$#words; _nano_workers`,
      ],
      { encoding: 'utf8' },
    )
      .split('\n')
      .filter((line) => line !== '')

  test.skipIf(isMissing)('is handed commands with what they are for, and options', ({ expect }) => {
    const names = program.createHelp().visibleCommands(program)
    expect(handed([]).map((line) => line.split(':')[0])).toEqual(names.map((command) => command.name()))
    expect(handed(['validate'])).toEqual([
      '--json[print one JSON object]',
      '-h[print help]',
      '--help[print help]',
      '*:file:_files',
    ])
    expect(handed(['build'])).toContain('--out[the component to write; must be given]:value:_files')
    expect(handed(['completion']).at(-1)).toBe('*:word:(bash zsh fish)')
  })
})
