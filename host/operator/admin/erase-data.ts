/** The data of an app that goes, through the admin API. */

import type { Env } from '../../config/env.ts'
import { NanoError } from '../../errors.ts'
import type { Storage } from '../../storage/client.ts'
import { StorageError } from '../../storage/failure.ts'
import { forgetData } from '../../storage/forget.ts'

/** Throws STORAGE_FAILED when some of it is still there. */
export async function eraseData(storage: Storage, app: string, envs: readonly Env[]): Promise<void> {
  try {
    await forgetData(storage, ...envs)
    // what was on its way to the storage when the app was cut has come by now
    await forgetData(storage, ...envs)
  } catch (thrown) {
    if (!(thrown instanceof StorageError)) throw thrown
    const text = `app ${app} is served no longer, but not all of its data could be removed (${thrown.message}); delete it again`
    throw new NanoError('STORAGE_FAILED', text, { cause: thrown })
  }
}
