// oxlint-disable-next-line typescript/triple-slash-reference -- the world of a guest is ambient
/// <reference path="../../wit/types/guest/worker.d.ts" />
/**
 * A guest without the shim that floods the host through the WIT imports themselves: many things, each of no bytes or of
 * one, and never a wait for anybody. The path of a request says with what; `/hold` keeps what was begun.
 */
import { log, report } from 'nano:workers/console'
import type { Event, Request } from 'nano:workers/events'
import { pull, start as startFetch, write as writeFetch } from 'nano:workers/outbound'
import { send, start as startResponse, write } from 'nano:workers/response'

/** Of one request. */
const CALLS = 20_000
const MIB = 1024 * 1024

const NOTHING = new Uint8Array(0)
const ONE = new Uint8Array(1)
const LARGE = new Uint8Array(MIB)
/** So many large chunks fill a connection whose far side does not read. */
const FILLING = 8
const encoder = new TextEncoder()
const uploads = new Map<string, number>()
let fetches = 0

export function start(): void {
  // there is no app to keep
}

export function turn(_source: number, events: readonly Event[]): void {
  for (const event of events) if (event.tag === 'request') flood(event.val)
}

function flood({ id, url }: Request): void {
  const { pathname, searchParams } = new URL(url)
  const target = searchParams.get('url') ?? ''
  if (pathname === '/hold') return startResponse(id, 200, NOTHING)
  if (pathname === '/empty-upload') upload(target, NOTHING)
  else if (pathname === '/byte-upload') upload(target, ONE)
  else if (pathname === '/heads') startFetch(++fetches, toHead(target), NOTHING, false, 'follow')
  else if (pathname === '/lines') sayNothing()
  else if (pathname === '/byte-response') return respond(id)
  else if (pathname === '/empty-response') return respond(id, NOTHING)
  send(id, 200, NOTHING, encoder.encode('done'))
}

function sayNothing(): void {
  for (let i = 0; i < CALLS; i += 2) {
    log('info', NOTHING)
    report(ONE)
  }
}

/** All chunks of a kind go to one fetch that nobody reads. */
function upload(target: string, chunk: Uint8Array): void {
  const key = `${chunk.length} ${target}`
  let id = uploads.get(key)
  if (id === undefined) {
    id = ++fetches
    uploads.set(key, id)
    startFetch(id, encoder.encode(`PUT\n${target}\n`), NOTHING, true, 'follow')
    for (let i = 0; i < FILLING; i++) writeFetch(id, LARGE)
  }
  for (let i = 0; i < CALLS; i++) {
    writeFetch(id, chunk)
    if (i % 100 === 0) pull(id)
  }
}

function respond(id: number, chunk = ONE): void {
  startResponse(id, 200, NOTHING)
  for (let i = 0; i < FILLING; i++) write(id, LARGE)
  for (let i = 0; i < CALLS; i++) write(id, chunk)
}

/** Many headers of few bytes. */
function toHead(target: string): Uint8Array {
  let head = `GET\n${target}\n`
  for (let i = 0; i < CALLS; i++) head += `${i.toString(36)}\n\n`
  return encoder.encode(head)
}
