/**
 * The door in. The bundle's entry imports this file before the app, so that the globals stand when the app's top
 * level runs, and gives the app to `start`; the host then calls `turn`.
 *
 * Nothing may leave `turn` as an exception: that would end the instance. What belongs to a request fails that
 * request, the rest is reported.
 */

import type { Event, Member, Startup } from 'nano:workers/events'
import { findApp } from './app.ts'
import { handlers } from './bindings/registry.ts'
import { setQueueCall } from './bindings/queues.ts'
import { setScheduledCall } from './bindings/scheduled.ts'
import { beginTimers } from './bindings/timer.ts'
import { define, env, fillEnv } from './env.ts'
import { endObservation, tellBuilder, watchGlobals } from './env-reads.ts'
import { installGlobals } from './globals/install.ts'
import { reportException } from './globals/report-error.ts'
import { fillExports, receiveCall, type Served } from './turn/called.ts'
import { loseClient, receiveRequest } from './turn/handler.ts'
import { beObject } from './turn/object.ts'
import { context } from './turn/context.ts'
import { phase } from './turn/phase.ts'
import { awaitRejections, openRejections, rejections, reportRejections } from './turn/rejections.ts'
import { source } from './turn/source.ts'

/** An event of an interface. */
type BindingEvent = Exclude<Event, { tag: 'startup' | 'request' | 'called' | 'client-gone' }>

const prepareTurns = installGlobals()
const taking = handlers satisfies Record<BindingEvent['tag'], unknown>

const endWatch = watchGlobals()

let served: Served
let isClassic = false
/** What went wrong with members that came before the app; undefined: none came. */
let given: unknown[] | undefined

/** Before the app, in an image that is made for one deployment: what `env` holds there. `areGlobals`: the app is a classic one. */
export function give(members: readonly Member[], areGlobals: boolean): void {
  const failures: unknown[] = []
  fillEnv(members, (error) => void (failures[failures.length] = error))
  if (areGlobals) defineGlobals()
  given = failures
}

/** Takes the app's module namespace. Throws when there is nothing in it that could answer a request. */
export function start(app: Record<string, unknown>): void {
  endWatch()
  tellBuilder('done')
  const found = findApp(app)
  isClassic = found.isClassic
  fillExports(app)
  served = { handler: found.handler, env, exports: app }
  setScheduledCall(found.scheduled)
  setQueueCall(found.queue)
  if (isClassic) tellBuilder('classic')
}

export function turn(of: number, events: readonly Event[]): void {
  source.current = of
  if (rejections.set.count > 0) reportRejections()
  let requests = 0
  for (let i = 0; i < events.length; i++) {
    const event = events[i] as Event
    context.current = undefined
    try {
      if (event.tag === 'request') {
        requests++
        source.current = event.val.id
        if (receiveRequest(event.val, events[i + 1], served)) i++
      } else if (event.tag === 'called') {
        requests++
        source.current = event.val.id
        if (receiveCall(event.val, events[i + 1], served)) i++
      } else if (event.tag === 'startup') begin(event.val)
      else if (event.tag === 'client-gone') loseClient(event.val)
      else take(event)
    } catch (error) {
      reportException(error)
    }
  }
  if (requests > 1) source.current = 0
  if (rejections.set.count > 0) awaitRejections()
}

/** That each handler takes its own event's value is what `GuestBinding` holds. */
function take(event: BindingEvent): void {
  const handle = taking[event.tag] as (value: unknown) => void
  handle((event as { val?: unknown }).val)
}

function begin(startup: Startup): void {
  phase.isLive = true
  prepareTurns()
  openRejections()
  endObservation()
  beginTimers()
  if (startup.object !== '') beObject(startup.object, served)
  if (given !== undefined) {
    for (let i = 0; i < given.length; i++) reportException(given[i])
    return
  }
  fillEnv(startup.env, reportException)
  if (isClassic) defineGlobals()
}

/** Of an app of the older style. */
function defineGlobals(): void {
  for (const name in env) define(globalThis, name, env[name])
}
