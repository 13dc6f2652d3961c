/** `queues`: what the queues of an app hold on a running server. */

import type { Command } from 'commander'

import { AdminClient } from '../admin-client.ts'
import { toSize } from '../messages.ts'
import { toTable } from '../table.ts'
import { flag } from '../usage.ts'

interface QueueState {
  readonly queue: string
  readonly messages: number
  readonly bytes: number
  /** Milliseconds since 1970. */
  readonly oldest?: number
  readonly paused: boolean
  readonly consumer?: { readonly delivered: number; readonly retried: number; readonly dead: number }
}

const HEADINGS = ['QUEUE', 'MESSAGES', 'SIZE', 'OLDEST', 'DELIVERED', 'RETRIED', 'DEAD']

export function addQueues(program: Command): void {
  program
    .command('queues')
    .summary('list the queues of an app')
    .description('List the queues of an app on a running server, and what they hold.')
    .argument('<app>', 'the app')
    .addOption(flag('--json', 'print { "queues": [...] }'))
    .action(queues)
}

async function queues(app: string, { json }: { json?: true }): Promise<void> {
  const path = `/admin/apps/${encodeURIComponent(app)}/queues`
  const answer = await new AdminClient().ask<{ queues: readonly QueueState[] }>('GET', path)
  process.stdout.write(
    json ? `${JSON.stringify(answer)}\n` : toTable([HEADINGS, ...answer.queues.map(toRow)]),
  )
}

function toRow({ queue, messages, bytes, oldest, paused, consumer }: QueueState): string[] {
  const counts = [consumer?.delivered, consumer?.retried, consumer?.dead]
  return [
    paused ? `${queue} (paused)` : queue,
    String(messages),
    toSize(bytes),
    oldest === undefined ? '-' : new Date(oldest).toISOString(),
    ...counts.map((count) => String(count ?? '-')),
  ]
}
