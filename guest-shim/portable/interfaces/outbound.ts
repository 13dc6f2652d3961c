/** wit/outbound.wit over wasi:http/outgoing-handler. */

import type * as Wit from 'nano:workers/outbound'
import { Fetch } from '../fetch.ts'
import { parseLines } from '../lines.ts'

const fetches = new Map<number, Fetch>()

export const start: typeof Wit.start = (id, head, body, more, redirect) => {
  const { first, lines } = parseLines(head, 2)
  const [method = '', url = ''] = first
  const length = lines.others[':length'] ?? (more || body.length === 0 ? undefined : `${body.length}`)
  const hop = { method, url, headers: lines.headers, body: more ? undefined : body.slice(), length }
  const fetch = new Fetch(id, { hop, isStreamed: more, redirect, onOver: () => fetches.delete(id) })
  fetches.set(id, fetch)
  fetch.begin()
}

export const write: typeof Wit.write = (id, bytes) => fetches.get(id)?.write(bytes) ?? true

export const finish: typeof Wit.finish = (id) => fetches.get(id)?.finish()

export const pull: typeof Wit.pull = (id) => fetches.get(id)?.pull()

export const abort: typeof Wit.abort = (id) => fetches.get(id)?.abort()
