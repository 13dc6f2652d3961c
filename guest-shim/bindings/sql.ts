/** SQL on the host: calls as the app's `D1Database` (lazy/d1.ts) makes them. */

import { query, type RowShape } from 'nano:workers/sql'
import type { Bytes } from '../globals/buffer-source.ts'
import { encode, toJson } from '../globals/primordials.ts'
import loadD1 from '../lazy/d1.ts?lazy'
import type { GuestBinding } from './binding.ts'
import { type Answer, startCall } from './data.ts'

export type { RowShape }

export type Parameter = null | number | string | Bytes

export interface Statement {
  readonly sql: string
  readonly params: readonly Parameter[]
}

/** The calls of one database. */
export class SqlHost {
  readonly #name: Bytes

  /** `name`: the binding's in `env`. */
  constructor(name: string) {
    this.#name = encode(name)
  }

  query(statements: readonly Statement[], shape: RowShape): Promise<Answer> {
    return startCall((id) => query(id, this.#name, shape, toBytes(statements)))
  }
}

/** As wit/sql.wit says. */
function toBytes(statements: readonly Statement[]): Bytes {
  const blobs: Bytes[] = []
  const list: unknown[] = []
  let size = 0
  for (let i = 0; i < statements.length; i++) {
    const { sql, params } = statements[i] as Statement
    const said: unknown[] = []
    for (let j = 0; j < params.length; j++) {
      const param = params[j] as Parameter
      if (typeof param !== 'object' || param === null) said[j] = param
      else {
        blobs[blobs.length] = param
        size += param.length
        said[j] = { blob: param.length }
      }
    }
    list[i] = { sql, params: said }
  }
  const head = encode(`${toJson(list)}\n`)
  if (size === 0) return head
  const all: Bytes = new Uint8Array(head.length + size)
  all.set(head)
  let at = head.length
  for (let i = 0; i < blobs.length; i++) {
    const blob = blobs[i] as Bytes
    all.set(blob, at)
    at += blob.length
  }
  return all
}

type Part = () => { readonly D1Database: new (host: SqlHost) => unknown }

export const binding: GuestBinding = {
  events: {},
  kinds: { d1: (_settings, name) => new ((loadD1 as Part)().D1Database)(new SqlHost(name)) },
}
