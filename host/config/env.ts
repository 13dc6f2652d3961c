/**
 * What an app's `env` holds. Each member says what it is, so that whoever lists it knows what to keep to itself, and the
 * guest what to make of it.
 */

/** One member of `env`. */
export type EnvValue =
  /** A string. */
  | { readonly type: 'text'; readonly value: string }
  /** Any other JSON value, as JSON text. */
  | { readonly type: 'json'; readonly value: string }
  /** A string that no listing, log or page shows. */
  | { readonly type: 'secret'; readonly value: string }
  /** An object that the guest makes, of what it knows under this kind. `settings`: JSON, for the guest's half. */
  | {
      readonly type: 'binding'
      readonly kind: string
      readonly settings: string
      /** What the host acts on for it; the guest hears nothing of it. */
      readonly resource?: Resource
    }

/** What of an app a binding leads to. */
export interface Callee {
  /** The app's name. */
  readonly app: string
  /** What its module exports; empty: the default export. */
  readonly entrypoint: string
  /** JSON: `ctx.props`. */
  readonly props?: string
  /** Of the fleet, which has the app; undefined: this one. */
  readonly host?: string
}

/** What a binding leads to: data, or an app. */
export interface Resource {
  /** Which store has it: the kinds of host/storage. */
  readonly kind: string
  /** Names it there, see resource.ts. */
  readonly key: string
  /** It is not the app's alone. */
  readonly isShared?: true
  /** Of what is called. */
  readonly callee?: Callee
}

/** By name. */
export type Env = Readonly<Record<string, EnvValue>>

/** What a guest reads as one JSON object: texts, secrets and JSON values. */
export function toJson(env: Env): string {
  const members = Object.entries(env).flatMap(([name, { type, ...member }]) => {
    if (!('value' in member)) return []
    return `${JSON.stringify(name)}:${type === 'json' ? member.value : JSON.stringify(member.value)}`
  })
  return `{${members.join()}}`
}
