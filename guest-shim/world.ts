/**
 * The door in. The bundle's entry imports this file before the app, so that the globals stand when the app's top
 * level runs, and gives the app to `start`; the host then calls `turn`.
 *
 * Nothing may leave `turn` as an exception: that would end the instance. What belongs to a request fails that
 * request, the rest is reported.
 */

import { findApp } from './app.ts'
import { failBody, takeBodyChunk } from './bindings/request-body.ts'
import { reportError } from './bindings/report.ts'
import { failFetch, resumeFetch, takeAnswer, takeAnswerChunk } from './bindings/outbound.ts'
import { fireTimer } from './bindings/timer.ts'
import { installGlobals } from './globals/install.ts'
import { defineProperty, parseJson } from './globals/primordials.ts'
import type { Event, Startup } from './host.ts'
import { type Handler, loseClient, receiveRequest, resumeResponse } from './turn/handler.ts'
import { phase } from './turn/phase.ts'
import { source } from './turn/source.ts'

const prepareTurns = installGlobals()

let handler: Handler
let isClassic = false
let env: Record<string, string> = {}

/** Takes the app's module namespace. Throws when there is nothing in it that could answer a request. */
export function start(app: Record<string, unknown>): void {
  ;({ handler, isClassic } = findApp(app))
}

export function turn(of: number, events: readonly Event[]): void {
  source.current = of
  let requests = 0
  for (let i = 0; i < events.length; i++) {
    const event = events[i] as Event
    try {
      if (event.tag === 'request') {
        requests++
        source.current = event.val.id
        if (receiveRequest(event.val, events[i + 1], handler, env)) i++
      } else take(event)
    } catch (error) {
      reportSafely(error)
    }
  }
  if (requests > 1) source.current = 0
}

function take(event: Exclude<Event, { tag: 'request' }>): void {
  switch (event.tag) {
    case 'startup':
      return begin(event.val)
    case 'request-body':
      return takeBodyChunk(event.val)
    case 'request-body-failed':
      return failBody(event.val)
    case 'client-gone':
      return loseClient(event.val)
    case 'response-writable':
      return resumeResponse(event.val)
    case 'timer-due':
      return fireTimer()
    case 'answered':
      return takeAnswer(event.val)
    case 'answer-body':
      return takeAnswerChunk(event.val)
    case 'fetch-failed':
      return failFetch(event.val)
    case 'fetch-writable':
      return resumeFetch(event.val)
  }
}

function begin(startup: Startup): void {
  phase.isLive = true
  prepareTurns()
  env = parseJson(startup.env) as Record<string, string>
  if (!isClassic) return
  for (const name in env) {
    defineProperty(globalThis, name, {
      value: env[name],
      writable: true,
      configurable: true,
      enumerable: true,
    })
  }
}

function reportSafely(error: unknown): void {
  try {
    reportError(error)
  } catch {
    // not even that can be told
  }
}
