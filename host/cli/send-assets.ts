/** Sends an app's files to a server before the deploy that names them: only those that it does not have. */

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { scanAssets } from '../deploy/scan-assets.ts'
import type { AdminClient } from './admin-client.ts'
import type { Progress } from './progress.ts'

/** Gives what the deploy says of them. `within`: where the directory has to lie. */
export async function sendAssets(
  client: AdminClient,
  app: string,
  { directory, within }: { readonly directory: string; readonly within: readonly string[] | undefined },
  progress: Progress,
): Promise<string> {
  const { manifest, warnings } = scanAssets(resolve(directory), within)
  for (const warning of warnings) progress.warn(`${directory}: ${warning}`)
  const { root, headers, redirects } = manifest
  const entries = Object.entries(manifest.files)
  const files = Object.fromEntries(entries.map(([path, { hash, size }]) => [path, { hash, size }]))
  const path = `/admin/apps/${encodeURIComponent(app)}/assets`
  const { missing } = await client.ask<{ missing: readonly string[] }>('POST', path, { json: { files } })
  const places = new Map(entries.map(([, { hash, file }]) => [hash, join(root, file)]))
  for (const [index, hash] of missing.entries()) {
    progress.show({ text: `sending files of ${app}, ${index + 1} of ${missing.length}`, done: 0, total: 1 })
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await client.ask('PUT', `${path}/${hash}`, { bytes: readFileSync(places.get(hash)!) })
  }
  return JSON.stringify({ files, headers, redirects })
}
