/** What a wrangler file says of Durable Objects, as nano.json spells it. */

import { isObject } from './file.ts'
import type { WranglerJson } from './file.ts'
import type { Say } from './say.ts'

/** What of a step is taken. */
const STEP = ['tag', 'new_classes', 'new_sqlite_classes', 'renamed_classes', 'deleted_classes']

/** `durable_objects` and `migrations`, where the file has them. */
export function toDurable(
  { durable_objects: objects, migrations, name }: WranglerJson,
  say: Say,
): WranglerJson {
  return {
    ...(objects === undefined ? {} : { durable_objects: toObjects(objects, name, say) }),
    ...(migrations === undefined ? {} : { migrations: toSteps(migrations, say) }),
  }
}

/** An object of another app is the operator's to give. */
function toObjects(objects: unknown, name: unknown, say: Say): unknown {
  if (!isObject(objects) || !Array.isArray(objects['bindings'])) return objects
  const bindings = objects['bindings'].flatMap((each: unknown) => {
    if (!isObject(each)) return [each]
    const { name: member, class_name, script_name: owner } = each
    const isForeign = typeof owner === 'string' && owner !== name
    if (!isForeign || typeof member !== 'string') return [{ name: member, class_name }]
    say(
      'durable_objects',
      `script_name: ${member} is of another app, ${owner}, and is not in env; the operator gives it in nano.json`,
    )
    return []
  })
  return { bindings }
}

/** Of wrangler's steps the one that no server of ours can do. */
const TRANSFERRED = 'transferred_classes'

function toSteps(migrations: unknown, say: Say): unknown {
  if (!Array.isArray(migrations)) return migrations
  return migrations.map((step: unknown) => {
    if (!isObject(step)) return step
    const entries = Object.entries(step).filter(([, value]) => value !== null)
    const others = entries.filter(([key]) => !STEP.includes(key)).map(([key]) => key)
    const unknown = others.filter((key) => key !== TRANSFERRED)
    if (unknown.length > 0)
      say('migrations', `${unknown.join(', ')} is not taken; known are ${STEP.join(', ')}`)
    if (others.includes(TRANSFERRED))
      say(
        'migrations',
        `${TRANSFERRED} is not honoured: what classes of another app have stored stays that app's, and these begin with none; ` +
          'the operator lets an app call them with script_name in nano.json',
      )
    return Object.fromEntries(entries.filter(([key]) => STEP.includes(key)))
  })
}
