/** `completion`: what a shell reads so that it completes commands and options. */

import { Argument } from 'commander'
import type { Command } from 'commander'

import { SHELLS, toCompletion } from '../completion.ts'
import type { Shell } from '../completion.ts'
import { usage } from '../usage.ts'

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .summary('print what makes a shell complete commands and options')
    .description(
      'Print what makes a shell complete commands and options. In ~/.bashrc: source <(nano-workers completion bash). In ' +
        '~/.zshrc, after compinit: source <(nano-workers completion zsh). For fish: nano-workers completion fish > ' +
        '~/.config/fish/completions/nano-workers.fish.',
    )
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS).argParser(toShell))
    .action((shell: Shell) => void process.stdout.write(toCompletion(program, shell)))
}

function toShell(text: string): Shell {
  const shell = SHELLS.find((each) => each === text)
  if (shell !== undefined) return shell
  throw usage(`shell: expected one of ${SHELLS.join(', ')}, got "${text}"`)
}
