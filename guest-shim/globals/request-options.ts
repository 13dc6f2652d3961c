/**
 * What is seldom said of a request: redirects, `cf`, and what a browser does with it.
 */

import { NativeTypeError, NativeURL, parseJson, test } from './primordials.ts'
import { finishParts, isObject, toScalarText, toText, toWord } from './web-idl.ts'

/** Methods that pages may send anywhere. */
const SIMPLE = /^(?:get|head|post)$/i

const CACHES = ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'] as const
const CREDENTIALS = ['omit', 'same-origin', 'include'] as const
const MODES = ['navigate', 'same-origin', 'no-cors', 'cors'] as const
export const PRIORITIES = ['high', 'low', 'auto'] as const
const REDIRECTS = ['follow', 'error', 'manual'] as const
const POLICIES = [
  '',
  'no-referrer',
  'no-referrer-when-downgrade',
  'same-origin',
  'origin',
  'strict-origin',
  'origin-when-cross-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url',
] as const

export type RedirectMode = (typeof REDIRECTS)[number]

/** What is seldom said of a request. What a browser does with it, and nothing here does, is told again as it was said. */
export interface RequestOptions {
  redirect: RedirectMode
  cf: unknown
  cache: string
  credentials: string
  integrity: string
  keepalive: boolean
  mode: string
  referrer: string
  referrerPolicy: string
}

export const DEFAULTS: Readonly<RequestOptions> = {
  redirect: 'follow',
  cf: undefined,
  cache: 'default',
  credentials: 'same-origin',
  integrity: '',
  keepalive: false,
  mode: 'cors',
  referrer: 'about:client',
  referrerPolicy: '',
}

/** Of a request that came from a client: what the host says of that is read when the app looks at it. */
export class ClientOptions implements RequestOptions {
  declare redirect: RedirectMode
  declare cache: string
  declare credentials: string
  declare integrity: string
  declare keepalive: boolean
  declare mode: string
  declare referrer: string
  declare referrerPolicy: string
  /** JSON; nothing: the host says nothing. */
  declare text: string
  declare read: unknown

  constructor(text: string) {
    this.text = text
  }

  get cf(): unknown {
    return (this.read ??= this.text === '' ? {} : parseJson(this.text))
  }
}

const { cf: _, ...others } = DEFAULTS
// as in Workers: a client follows redirects by itself
finishParts(ClientOptions, { ...others, redirect: 'manual', read: undefined })
/** Until somebody looks at more. */
export const OF_CLIENT: Readonly<RequestOptions> = new ClientOptions('')

/** What `init` says, over what a request had before with this method. */
export function readOptions(
  old: Readonly<RequestOptions>,
  init: RequestInit,
  method: string,
): Readonly<RequestOptions> {
  const { cache, cf, credentials, integrity, keepalive, mode, redirect, referrer, referrerPolicy } = init
  const isNone =
    redirect === undefined &&
    cf === undefined &&
    cache === undefined &&
    credentials === undefined &&
    integrity === undefined &&
    keepalive === undefined &&
    mode === undefined &&
    referrer === undefined &&
    referrerPolicy === undefined
  if (isNone) return old
  const options = {
    redirect: redirect === undefined ? old.redirect : toWord(redirect, REDIRECTS, 'Request: redirect'),
    cf: isObject(cf) ? cf : old.cf,
    cache: cache === undefined ? old.cache : toWord(cache, CACHES, 'Request: cache'),
    credentials:
      credentials === undefined ? old.credentials : toWord(credentials, CREDENTIALS, 'Request: credentials'),
    integrity: integrity === undefined ? old.integrity : toText(integrity),
    keepalive: keepalive === undefined ? old.keepalive : Boolean(keepalive),
    mode: mode === undefined ? old.mode : toWord(mode, MODES, 'Request: mode'),
    referrer: referrer === undefined ? old.referrer : toReferrer(toScalarText(referrer)),
    referrerPolicy:
      referrerPolicy === undefined
        ? old.referrerPolicy
        : toWord(referrerPolicy, POLICIES, 'Request: referrerPolicy'),
  }
  if (options.mode === 'navigate') throw new NativeTypeError('Request: expected a mode other than "navigate"')
  if (options.mode === 'no-cors' && !test(SIMPLE, toText(init.method ?? method))) {
    throw new NativeTypeError('Request: expected the method GET, HEAD or POST for the mode "no-cors"')
  }
  if (options.cache === 'only-if-cached' && options.mode !== 'same-origin') {
    throw new NativeTypeError('Request: expected the mode "same-origin" for the cache "only-if-cached"')
  }
  return options
}

/** There is no page that a request could come from. */
function toReferrer(text: string): string {
  if (text === '') return ''
  const { href } = new NativeURL(text, DEFAULTS.referrer)
  return href === DEFAULTS.referrer ? href : DEFAULTS.referrer
}
