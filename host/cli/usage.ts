/**
 * What options take, and what is said about a command line that is wrong. The parser finds most of it and says so in
 * one sentence; what it lets through is refused here.
 */

import { Option } from 'commander'
import type { Command, CommanderError } from 'commander'

import { NanoError } from '../errors.ts'

/** Reads the value of an option, or throws a USAGE error. */
type Read<Value> = (value: string, name: string) => Value

/** An option with a value, given at most once. */
export function option<Value>(flags: string, description: string, read: Read<Value>): Option {
  const made = new Option(flags, description)
  return made.argParser((value, before: Value | undefined) => {
    if (before !== undefined) throw usage(`--${made.name()} is given twice`)
    return read(value, made.name())
  })
}

/** An option with a value that may be given many times: a list. */
export function repeatable(flags: string, description: string): Option {
  const made = new Option(flags, description)
  return made.argParser((value, before: readonly string[] | undefined) => [
    ...(before ?? []),
    text(value, made.name()),
  ])
}

/** An option without a value. */
export function flag(flags: string, description: string): Option {
  const made = new Option(flags, description)
  return made.argParser((_value, before: boolean | undefined) => {
    if (before !== undefined) throw usage(`--${made.name()} is given twice`)
    return true
  })
}

/** A flag that was called something else before. */
export function renamed(flags: string, to: string): Option {
  const refuse = (): never => {
    throw usage(`${flags} is called ${to} now`)
  }
  return new Option(flags).hideHelp().argParser(refuse)
}

/** Any text, but neither nothing nor what looks like the next option. */
export function text(value: string, name: string): string {
  if (value === '' || value.startsWith('-')) throw usage(`--${name}: expected a value, got "${value}"`)
  return value
}

/** A whole number of a range. */
export function integer([least, most]: readonly [number, number]): Read<number> {
  return (value, name) => {
    const number = Number(text(value, name))
    if (/^\d+$/.test(value) && number >= least && number <= most) return number
    throw usage(`--${name}: expected a whole number from ${least} to ${most}, got "${value}"`)
  }
}

/** What the parser found wrong, in one line. */
export function toUsageError({ code, message }: CommanderError, program: Command, args: readonly string[]) {
  const commands = program.createHelp().visibleCommands(program)
  const known = `known are ${commands.map((command) => command.name()).join(', ')}`
  const [first, second] = args
  if (first === undefined) return usage(`expected a command; ${known}`)
  // the parser asks for help when it is asked about a command that is none
  if (code === 'commander.help') return usage(`unknown command '${second}'; ${known}`)
  if (code === 'commander.unknownOption' && first.startsWith('-')) {
    return usage(`the command comes first, before ${first}; ${known}`)
  }
  const text = message.replace(/^error: /, '')
  const [what, suggestion] = text.split(/\n\((.*)\)$/)
  if (suggestion !== undefined) return usage(`${what}; ${suggestion.replace('Did', 'did')}`)
  return usage(code === 'commander.unknownCommand' ? `${text}; ${known}` : text)
}

/** A command line that is wrong. */
export function usage(message: string): NanoError {
  return new NanoError('USAGE', message)
}
