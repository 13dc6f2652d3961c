/** `ctx.storage.kv`: keys and values without promises. */

import { NativeTypeError } from '../../globals/primordials.ts'
import { refuse } from '../../globals/structured-clone.ts'
import { finishInterface } from '../../globals/web-idl.ts'
import { getOne, listEntries, putEntries, remove, toKey } from './entries.ts'

export class SyncKvStorage {
  get(key: unknown): unknown {
    return getOne(requireKey(arguments.length, key, 'get'))
  }

  put(key: unknown, value: unknown): void {
    putEntries([[requireKey(arguments.length, key, 'put'), value]])
  }

  delete(key: unknown): boolean {
    return remove([requireKey(arguments.length, key, 'delete')]) === 1
  }

  list(options: unknown = undefined): Iterator<[string, unknown]> {
    return listEntries(options, 'SyncKvStorage').values()
  }
}

function requireKey(given: number, key: unknown, method: string): string {
  if (given > 0) return toKey(key)
  throw new NativeTypeError(
    `Failed to execute '${method}' on 'SyncKvStorage': parameter 1 is not of type 'string'.`,
  )
}

finishInterface(SyncKvStorage, 'SyncKvStorage')
refuse([SyncKvStorage])
