/**
 * Completion for shells, made from the command tree: which commands there are, which options each takes, which of these take a
 * value. Words that are neither are files. Pure text: nothing is run when somebody presses the key.
 */

import type { Command, Option } from 'commander'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** Whose argument is a command. */
const HELP = 'help'

/** The script that the shell reads. */
export function toCompletion(program: Command, shell: Shell): string {
  const help = program.createHelp()
  const visible = help.visibleCommands(program)
  const names = visible.map((command) => command.name())
  const commands = visible.map((command) => ({
    name: command.name(),
    summary: command.summary() || command.description(),
    options: help.visibleOptions(command),
    words: command.name() === HELP ? names : (command.registeredArguments[0]?.argChoices ?? []),
  }))
  return WRITERS[shell](program.name(), commands)
}

interface Completed {
  readonly name: string
  readonly summary: string
  readonly options: readonly Option[]
  /** What its argument may be; none: a file. */
  readonly words: readonly string[]
}

type Write = (program: string, commands: readonly Completed[]) => string

const toFunction = (program: string): string => `_${program.replaceAll('-', '_')}`
const takesValue = ({ required, optional }: Option): boolean => required || optional
const flagsOf = ({ short, long }: Option): string[] => [short, long].filter((flag) => flag !== undefined)
const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

const toBash: Write = (program, commands) => {
  const cases = commands.map(({ name, options, words }) => {
    const valued = options.filter(takesValue).flatMap(flagsOf)
    const flags = options.flatMap(flagsOf).join(' ')
    return `    ${name}) flags=${quote(flags)} valued=${quote(` ${valued.join(' ')} `)} words=${quote(words.join(' '))} ;;`
  })
  return `${toFunction(program)}() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" flags='' valued='' words=''
  COMPREPLY=()
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words=${quote(commands.map(({ name }) => name).join(' '))}
  elif [[ "$valued" == *" $before "* ]]; then return
  elif [[ "$word" == -* ]]; then words="$flags"
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F ${toFunction(program)} ${program}
`
}

const toZsh: Write = (program, commands) => {
  const escape = (text: string): string => text.replaceAll(/[[\]:\\]/g, String.raw`\$&`)
  const cases = commands.map(({ name, options, words }) => {
    const specs = options.flatMap((option) =>
      flagsOf(option).map(
        (flag) => `${flag}[${escape(option.description)}]${takesValue(option) ? ':value:_files' : ''}`,
      ),
    )
    const rest = words.length > 0 ? `*:word:(${words.join(' ')})` : '*:file:_files'
    return `    ${name}) _arguments ${[...specs, rest].map(quote).join(' ')} ;;`
  })
  const list = commands.map(({ name, summary }) => quote(`${name}:${escape(summary)}`))
  return `#compdef ${program}
${toFunction(program)}() {
  local -a commands=(${list.join(' ')})
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="\${words[2]}"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join('\n')}
  esac
}
compdef ${toFunction(program)} ${program}
`
}

const toFish: Write = (program, commands) => {
  const line = (...parts: readonly string[]): string => ['complete', '-c', program, ...parts].join(' ')
  return `${commands
    .flatMap(({ name, summary, options, words }) => {
      const isGiven = quote(`contains -- ${name} (commandline -opc)[2]`)
      return [
        line('-n', quote('test (count (commandline -opc)) -eq 1'), '-f', '-a', name, '-d', quote(summary)),
        ...options.map((option) =>
          line(
            '-n',
            isGiven,
            ...flagsOf(option).map((flag) =>
              flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
            ),
            ...(takesValue(option) ? ['-r'] : []),
            '-d',
            quote(option.description),
          ),
        ),
        ...(words.length > 0 ? [line('-n', isGiven, '-f', '-a', quote(words.join(' ')))] : []),
      ]
    })
    .join('\n')}\n`
}

const WRITERS: Readonly<Record<Shell, Write>> = { bash: toBash, zsh: toZsh, fish: toFish }
