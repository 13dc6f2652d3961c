/** An app's `env` as its guest is told of it. Pure. */
import type { Member } from '../../wit/worlds.ts'
import type { GuestEvent } from '../bindings/binding.ts'
import type { Env, EnvValue } from '../config/env.ts'
import type { ObjectFacts } from './contract.ts'

/** The first event of an instance. */
export function toStartup(env: Env, object?: ObjectFacts): GuestEvent {
  return {
    tag: 'startup',
    val: { env: toMembers(env), object: object === undefined ? '' : JSON.stringify(object) },
  }
}

export function toMembers(env: Env): Member[] {
  return Object.entries(env).map(([name, value]): Member => ({ name, value: toValue(value) }))
}

function toValue(value: EnvValue): Member['value'] {
  if (value.type !== 'binding') return { tag: value.type, val: value.value }
  const { kind, settings } = value
  return { tag: 'binding', val: { kind, settings } }
}
