/**
 * Calls of the app's fetch handler, each from the event that brings its request to the end of its response.
 *
 *     request > handler > Response with its body whole: over in this turn, never in the table
 *                       > promise or stream: in the table until it is sent, failed, or the client is gone
 */

import type { Event, Request as RequestRecord } from 'nano:workers/events'
import { ExecutionContext, isHeld, watchHolds } from '../bindings/background.ts'
import { closeBody, openBody } from '../bindings/request-body.ts'
import { answer, answerAtOnce, answerThrown, type HandlerCall, open } from '../bindings/response.ts'
import type { Source } from '../globals/body.ts'
import { toOwn } from '../globals/buffer-source.ts'
import { NativeTypeError } from '../globals/primordials.ts'
import { abortIncoming, openRequest, type Request } from '../globals/request.ts'
import { isResponse } from '../globals/response.ts'
import { awaitRejections, rejections } from './rejections.ts'

export interface Handler {
  fetch(request: Request, env: unknown, context: ExecutionContext): unknown
}

/**
 * `next`: the event after this one; a short body comes with its request. Returns whether it was used. `props`: what the
 * configuration of whoever calls says.
 */
export function receiveRequest(
  record: RequestRecord,
  next: Event | undefined,
  { handler, env, props }: { handler: Handler; env: unknown; props?: unknown },
): boolean {
  const call: HandlerCall = record
  let usedNext = false
  try {
    let body: Source | undefined
    if (record.hasBody) {
      if (next !== undefined && next.tag === 'request-body' && next.val.id === record.id && next.val.last) {
        usedNext = true
        body = toOwn(next.val.bytes)
      } else {
        const stream = openBody(record.id)
        body = () => stream
      }
    }
    const request = openRequest(call, body)
    const value = handler.fetch(request, env, new ExecutionContext(record.id, props))
    if (isResponse(value) && answerAtOnce(call, value)) {
      if (record.hasBody) endBody(record.id)
    } else {
      open.set(record.id, call)
      void settle(call, value)
    }
  } catch (error) {
    answerThrown(call, error)
    if (record.hasBody) endBody(record.id)
  }
  return usedNext
}

async function settle(call: HandlerCall, value: unknown): Promise<void> {
  try {
    const response = await value
    if (call.isOver || !isResponse(response) || !answerAtOnce(call, response)) {
      await answer(call, response)
    }
  } catch (error) {
    answerThrown(call, error)
  }
  open.delete(call.id)
  endBody(call.id)
  if (rejections.set.count > 0) awaitRejections()
}

function endBody(id: number): void {
  if (!isHeld(id)) closeBody(id)
}

watchHolds({
  released(id) {
    if (open.get(id) === undefined) closeBody(id)
  },
})

/** The client went away: no more can be sent, and the app is told by signal and by its stream's `cancel`. */
export function loseClient(id: number): void {
  const call = open.get(id)
  if (call === undefined) return
  open.delete(id)
  call.isOver = true
  abortIncoming(call)
  call.cancelStream?.(new NativeTypeError('The client went away'))
  call.onRoom?.()
}
