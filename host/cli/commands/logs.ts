/** `logs`: the latest entries of a running server's log, and with `-f` those that come. */

import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Command } from 'commander'
import { createParser } from 'eventsource-parser'
import type { EventSourceMessage } from 'eventsource-parser'

import { toNanoError } from '../../errors.ts'
import { LOG_LEVELS } from '../../log/entry.ts'
import { parseJsonLine, toLine } from '../../log/line.ts'
import { AdminClient } from '../admin-client.ts'
import { toPaint } from '../paint.ts'
import { flag, integer, option, text, usage } from '../usage.ts'

interface Options {
  readonly follow?: true
  readonly level?: string
  readonly tail?: number
  readonly json?: true
}

/** As many as the server gives. */
const MOST_TAIL = 1000
/** The server gives a sign of life every 15 s. */
const SILENCE_MS = 45_000
const PAUSE_MS = { least: 500, most: 10_000 } as const
/** An event is an entry, which the server bounds far below. */
const MOST_EVENT = 1024 * 1024

export function addLogs(program: Command): void {
  program
    .command('logs')
    .summary("print a running server's log")
    .description(
      "Print the latest entries of an app's log, or without an app of all and the server. With --follow it goes on with " +
        'those that come, and comes back after a connection that was lost, where it was.',
    )
    .argument('[app]', "the app's name")
    .addOption(flag('-f, --follow', 'go on with what is logged'))
    .addOption(
      option('-n, --tail <count>', 'the latest entries first (default: 100)', integer([0, MOST_TAIL])),
    )
    .addOption(option('--level <level>', `this urgent or more: ${LOG_LEVELS.join(', ')}`, readLevel))
    .addOption(flag('--json', 'print an object a line'))
    .action(logs)
}

async function logs(app: string | undefined, { follow, level, tail, json }: Options): Promise<void> {
  const query = new URLSearchParams({
    follow: String(follow === true),
    ...(level !== undefined && { level }),
    ...(tail !== undefined && { tail: String(tail) }),
  })
  const path = `/admin${app === undefined ? '' : `/apps/${encodeURIComponent(app)}`}/logs?${query.toString()}`
  // whoever read the output has gone
  const gone = new AbortController()
  process.stdout.on('error', () => gone.abort())
  const paint = toPaint(process.stdout)
  const print = async (line: string): Promise<void> => {
    const entry = json ? undefined : parseJsonLine(line)
    const out = entry === undefined ? `${line}\n` : toLine('text', entry, paint)
    if (!process.stdout.write(out)) await once(process.stdout, 'drain', { signal: gone.signal })
  }
  try {
    await readAll(path, { isFollowing: follow === true, print, signal: gone.signal })
  } catch (error) {
    if (!gone.signal.aborted) throw error
  }
}

interface Reading {
  readonly isFollowing: boolean
  readonly print: (line: string) => Promise<void>
  readonly signal: AbortSignal
}

/**
 *     connecting  --refused, not reached-->  fails, at the first time and for what will not change
 *         '--answered-->  reading  --the end, not following-->  done
 *                            '--lost, the end-->  pausing  --its time is over-->  connecting, after the last entry
 */
async function readAll(path: string, { isFollowing, print, signal }: Reading): Promise<void> {
  const client = new AdminClient()
  let lastId: string | undefined
  let pauseMs = 0
  const read = async (answer: IncomingMessage): Promise<void> => {
    if (pauseMs > 0) process.stderr.write('connected again\n')
    pauseMs = 0
    for await (const { event, id, data } of readEvents(answer, signal)) {
      if (event === 'dropped') sayDropped(data)
      else await print(data)
      lastId = id ?? lastId
    }
  }
  let isFirst = true
  for (;;) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- one connection after the other
      const answer = await client.follow(path, lastId === undefined ? {} : { 'last-event-id': lastId })
      isFirst = false
      // oxlint-disable-next-line no-await-in-loop
      await read(answer)
      if (!isFollowing) return
    } catch (thrown) {
      const isForGood = toNanoError(thrown).status < 500
      if (isFirst || !isFollowing || isForGood || signal.aborted) throw thrown
    }
    if (pauseMs === 0) process.stderr.write('the connection was lost; trying again\n')
    pauseMs = Math.min(PAUSE_MS.most, Math.max(PAUSE_MS.least, pauseMs * 2))
    // oxlint-disable-next-line no-await-in-loop
    await sleep(pauseMs, undefined, { signal })
  }
}

async function* readEvents(answer: IncomingMessage, signal: AbortSignal): AsyncGenerator<EventSourceMessage> {
  const events: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (event) => void events.push(event), maxBufferSize: MOST_EVENT })
  const stop = (): void => void answer.destroy()
  answer.setTimeout(SILENCE_MS, stop)
  signal.addEventListener('abort', stop)
  answer.setEncoding('utf8')
  for await (const part of answer as AsyncIterable<string>) {
    parser.feed(part)
    yield* events.splice(0)
  }
}

function sayDropped(data: string): void {
  const { dropped } = Object(JSON.parse(data)) as { dropped?: unknown }
  process.stderr.write(`${Number(dropped)} entries were dropped: they are not read fast enough\n`)
}

function readLevel(value: string, name: string): string {
  if (LOG_LEVELS.some((level) => level === text(value, name))) return value
  throw usage(`--${name}: expected ${LOG_LEVELS.join(', ')}, got "${value}"`)
}
