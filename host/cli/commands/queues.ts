/** `queues`: the queues of an app on a running server: what they hold, and what an operator does with them. */

import type { Command } from 'commander'

import { AdminClient } from '../admin-client.ts'
import { toSize } from '../messages.ts'
import { toTable } from '../table.ts'
import { flag, integer, option } from '../usage.ts'

interface QueueState {
  readonly queue: string
  readonly messages: number
  readonly bytes: number
  /** Milliseconds since 1970. */
  readonly oldest?: number
  readonly paused: boolean
  readonly consumer?: { readonly delivered: number; readonly retried: number; readonly dead: number }
}

interface QueuedMessage {
  readonly id: string
  readonly sent: number
  readonly attempts: number
  readonly type: string
  readonly body?: string
  readonly body_base64?: string
}

const STATE_HEADINGS = ['QUEUE', 'MESSAGES', 'SIZE', 'OLDEST', 'DELIVERED', 'RETRIED', 'DEAD']
const MESSAGE_HEADINGS = ['ID', 'SENT', 'ATTEMPTS', 'TYPE', 'BODY']
/** Of a body, in the table. */
const MOST_SHOWN = 80

export function addQueues(program: Command): void {
  const queues = program
    .command('queues')
    .summary('list the queues of an app, look into one, purge or pause it')
    .description('The queues of an app on a running server.')
  queues
    .command('list', { isDefault: true })
    .description('List them, and what they hold (the default).')
    .argument('<app>', 'the app')
    .addOption(flag('--json', 'print { "queues": [...] }'))
    .action(list)
  toOne(queues, 'peek', 'Print messages, those whose time comes first; they stay.')
    .addOption(option('--limit <count>', 'the most messages (default: 10)', integer([1, 100])))
    .addOption(flag('--json', 'print { "messages": [...] }'))
    .action(peek)
  toOne(queues, 'purge', 'Take away all messages, for good.').action(async (app: string, queue: string) => {
    await new AdminClient().ask('DELETE', `${toPath(app, queue)}/messages`)
    process.stdout.write(`messages of ${queue} are gone\n`)
  })
  for (const [name, paused] of [
    ['pause', true],
    ['resume', false],
  ] as const) {
    const what = paused ? 'Give no more messages to whoever consumes them.' : 'Give messages again.'
    toOne(queues, name, what).action(async (app: string, queue: string) => {
      await new AdminClient().ask('PATCH', toPath(app, queue), { json: { paused } })
      process.stdout.write(`${queue} is ${name}d\n`)
    })
  }
}

function toOne(queues: Command, name: string, description: string): Command {
  return queues
    .command(name)
    .description(description)
    .argument('<app>', 'the app')
    .argument('<queue>', 'the queue, as the app calls it')
}

const toPath = (app: string, queue?: string): string =>
  `/admin/apps/${encodeURIComponent(app)}/queues${queue === undefined ? '' : `/${encodeURIComponent(queue)}`}`

async function list(app: string, { json }: { json?: true }): Promise<void> {
  const answer = await new AdminClient().ask<{ queues: readonly QueueState[] }>('GET', toPath(app))
  process.stdout.write(
    json ? `${JSON.stringify(answer)}\n` : toTable([STATE_HEADINGS, ...answer.queues.map(toStateRow)]),
  )
}

async function peek(app: string, queue: string, { limit = 10, json }: { limit?: number; json?: true }) {
  const path = `${toPath(app, queue)}/messages?limit=${limit}`
  const answer = await new AdminClient().ask<{ messages: readonly QueuedMessage[] }>('GET', path)
  process.stdout.write(
    json ? `${JSON.stringify(answer)}\n` : toTable([MESSAGE_HEADINGS, ...answer.messages.map(toMessageRow)]),
  )
}

function toStateRow({ queue, messages, bytes, oldest, paused, consumer }: QueueState): string[] {
  const counts = [consumer?.delivered, consumer?.retried, consumer?.dead]
  return [
    paused ? `${queue} (paused)` : queue,
    String(messages),
    toSize(bytes),
    oldest === undefined ? '-' : new Date(oldest).toISOString(),
    ...counts.map((count) => String(count ?? '-')),
  ]
}

function toMessageRow({ id, sent, attempts, type, body, body_base64: base64 = '' }: QueuedMessage): string[] {
  // nothing that drives a terminal
  const shown = (body ?? base64).replaceAll(/\p{Cc}/gu, '?')
  const cut = shown.length > MOST_SHOWN ? `${shown.slice(0, MOST_SHOWN)}...` : shown
  return [id, new Date(sent).toISOString(), String(attempts), type, cut]
}
