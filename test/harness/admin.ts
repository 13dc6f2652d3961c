/** The admin API of a server under test. */

import { send } from './http.ts'
import type { Answer, Sent } from './http.ts'
import type { Served } from './serve.ts'

export const TOKEN = 'a-token-of-the-tests'

export type Ask = (method: string, path: string, sent?: AskOptions) => Promise<Answer>

export interface AskOptions extends Omit<Partial<Sent>, 'method' | 'path'> {
  /** Undefined: `TOKEN`; null: none. */
  token?: string | null
  json?: unknown
  form?: Record<string, string | Uint8Array>
}

/** Asks the operator's listener of a server. */
export function toAsk({ adminUrl }: Pick<Served, 'adminUrl'>): Ask {
  const port = Number(new URL(adminUrl!).port)
  return async (method, path, { token = TOKEN, json, form, headers = {}, ...sent } = {}) => {
    const encoded = form === undefined ? undefined : new Response(toForm(form))
    return await send(port, {
      host: 'localhost',
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      ...(encoded === undefined ? {} : { body: await encoded.bytes() }),
      ...sent,
      method,
      path,
      headers: {
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(encoded === undefined ? {} : { 'content-type': encoded.headers.get('content-type')! }),
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(headers as Record<string, string>),
      },
    })
  }
}

function toForm(parts: Record<string, string | Uint8Array>): FormData {
  const form = new FormData()
  for (const [name, part] of Object.entries(parts)) {
    if (typeof part === 'string') form.append(name, part)
    else form.append(name, new Blob([new Uint8Array(part)]), name)
  }
  return form
}
