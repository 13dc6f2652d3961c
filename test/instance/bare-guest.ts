// oxlint-disable-next-line typescript/triple-slash-reference -- the world of a guest is ambient
/// <reference path="../../wit/types/guest/worker.d.ts" />
/**
 * A guest without the shim: it answers events through the WIT imports themselves, so that a test sees each crossing.
 * The path of a request says what to do.
 */
import { hold, release } from 'nano:workers/background'
import { log } from 'nano:workers/console'
import type { Event, Request } from 'nano:workers/events'
import { start as startFetch } from 'nano:workers/outbound'
import { pull } from 'nano:workers/request-body'
import { fail, finish, send, start as startResponse, write } from 'nano:workers/response'
import { wakeIn } from 'nano:workers/timer'

const NOTHING = new Uint8Array(0)
const encoder = new TextEncoder()
const asleep: number[] = []
const held: number[] = []
const kept: Uint8Array[] = []
const read = new Map<number, number>()
let env: unknown

export function start(): void {
  // there is no app to keep
}

export function turn(_source: number, events: readonly Event[]): void {
  for (const event of events) handle(event)
}

function handle(event: Event): void {
  if (event.tag === 'startup') env = event.val.env
  else if (event.tag === 'request') answer(event.val)
  else if (event.tag === 'timer-due') wake()
  else if (event.tag === 'response-writable') finish(event.val)
  else if (event.tag === 'request-body') {
    const { id, bytes, last } = event.val
    read.set(id, (read.get(id) ?? 0) + bytes.length)
    if (last) say(id, String(read.get(id)))
    else pull(id)
  }
}

function answer({ id, url, hasBody }: Request): void {
  const path = url.slice(url.indexOf('/', 'http://'.length))
  if (path === '/env') say(id, JSON.stringify(env))
  else if (path === '/trap') throw new Error('out of the turn')
  else if (path === '/answer-and-trap') {
    say(id, 'answered')
    throw new Error('out of the turn')
  } else if (path === '/hang') return
  else if (path === '/time') say(id, `${Date.now()}`)
  else if (path === '/sleep') {
    asleep.push(id)
    wakeIn(20, id)
  } else if (path === '/hold') {
    hold(id)
    held.push(id)
    say(id, 'held')
    wakeIn(50, id)
  } else if (path === '/grow') {
    kept.push(new Uint8Array(20_000_000).fill(1))
    say(id, 'grown')
  } else if (path === '/fail') fail(id, encoder.encode('NonResponse: the handler returned 5'))
  else if (path === '/throw') fail(id, encoder.encode('Error: the handler threw'))
  else if (path === '/stream') {
    startResponse(id, 200, NOTHING)
    if (write(id, new Uint8Array(100_000))) throw new Error('nobody waits')
  } else if (path === '/flood') {
    for (let i = 0; i < 30_000; i++) startFetch(i, NOTHING, NOTHING, false, 'follow')
  } else if (path === '/stuck') startResponse(id, 200, NOTHING)
  else if (path === '/nonsense') {
    send(4_000_000_000, 200, NOTHING, NOTHING)
    finish(id)
    pull(id)
    release(id)
    hold(77)
    log('info', encoder.encode('nonsense'))
    say(id, 'survived')
    say(id, 'twice')
  } else if (!hasBody) say(id, 'hello')
}

function wake(): void {
  for (const id of asleep.splice(0)) say(id, 'awake')
  for (const id of held.splice(0)) release(id)
}

function say(id: number, text: string): void {
  send(id, 200, NOTHING, encoder.encode(text))
}
