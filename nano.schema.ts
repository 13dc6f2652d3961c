/** Writes nano.schema.json, which describes nano.json to editors, from the description that the host reads it by. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import * as z from 'zod'

import { NANO_JSON } from './host/config/schema.ts'

const HEAD = {
  $id: 'https://unpkg.com/nano-workers/nano.schema.json',
  title: 'NANO configuration',
  description: 'nano.json: which apps one NANO process serves, and where it listens.',
  // VS Code's own words
  allowComments: true,
  allowTrailingCommas: true,
}

/** The schema as it is to stand in the file. */
export function toSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(NANO_JSON, { target: 'draft-7', io: 'input' })
  const text = JSON.stringify({ $schema, ...HEAD, ...schema })
  return JSON.parse(text, (_key, value: object) => (isWrapped(value) ? value.allOf[0] : value)) as object
}

/** Draft 7 ignores what stands beside a `$ref`; where nothing does, the wrapping that the library makes is for nothing. */
function isWrapped(value: object | null): value is { allOf: [object] } {
  if (value === null || Object.keys(value).join() !== 'allOf') return false
  return (value as { allOf: object[] }).allOf.length === 1
}

if (import.meta.main) {
  const file = join(import.meta.dirname, 'nano.schema.json')
  writeFileSync(file, `${JSON.stringify(toSchema(), undefined, 2)}\n`)
}
