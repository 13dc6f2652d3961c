/** `push`: a component, or an app's source, to a registry, with its source map, settings and files. */

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

import type { Command } from 'commander'

import { NO_BINDINGS } from '../../config/no-bindings.ts'
import { parseReference, REFERENCE_FORM, toReferenceText } from '../../config/oci-reference.ts'
import type { OciReference } from '../../config/oci-reference.ts'
import { DEFAULT_PULL_MS } from '../../config/oci-settings.ts'
import type { ArtifactSettings } from '../../config/take-artifact.ts'
import { isObject } from '../../wrangler/file.ts'
import { toDeploySettings } from '../deploy-settings.ts'
import { Progress } from '../progress.ts'
import { readApp, readSettings } from '../read-app.ts'
import { flag, integer, option, repeatable, text, usage } from '../usage.ts'
import { addWranglerOptions, openProject, toWarnings } from '../wrangler-project.ts'
import type { WranglerOptions } from '../wrangler-project.ts'

interface PushOptions extends WranglerOptions {
  readonly settings?: string
  readonly assets?: string
  readonly allowRead?: readonly string[]
  readonly sign?: string
  readonly insecure?: true
  readonly timeoutMs?: number
  readonly json?: true
}

const NONE: Readonly<Record<string, unknown>> = NO_BINDINGS

/** An upload takes longer than what comes back. */
const DEFAULT_PUSH_MS = 10 * DEFAULT_PULL_MS

export function addPush(program: Command): void {
  const command = program
    .command('push')
    .summary('push an app to a registry')
    .description(
      'Push a component to a registry, or a source that is built first, with its source map, settings and files. ' +
        'Prints the reference with the digest that it has there. Whoever may pull it can read all of that.',
    )
    .argument('<app>', 'a component, a source file, or a directory with a wrangler file or an index file')
    .argument('<reference>', 'oci://<registry>/<repository>:<tag>')
    .addOption(
      option(
        '--settings <file>',
        'JSON: env and bindings as in nano.json, never secrets (default: those of its wrangler file)',
        text,
      ),
    )
    .addOption(option('--assets <dir>', "the app's files (default: assets.directory of its settings)", text))
    .addOption(repeatable('--allow-read <path>', 'as for build'))
    .addOption(
      option(
        '--sign <key>',
        'sign the digest, as cosign does: a private key in PEM, ECDSA on P-256 or Ed25519',
        text,
      ),
    )
    .addOption(flag('--insecure', 'without encryption, to a registry that is not on this machine'))
    .addOption(
      option(
        '--timeout-ms <n>',
        `how long it may take (default: ${DEFAULT_PUSH_MS})`,
        integer([1000, 86_400_000]),
      ),
    )
    .addOption(flag('--json', 'print { "reference", "digest", ... }'))
  addWranglerOptions(command).action(push)
}

async function push(app: string, given: string, options: PushOptions): Promise<void> {
  const reference = toTagged(given)
  using progress = new Progress(process.stderr)
  const path = resolve(app)
  const project = await openProject(path, options)
  for (const warning of toWarnings(project, options)) progress.warn(warning)
  const own =
    options.settings === undefined
      ? undefined
      : { file: options.settings, text: readSettings(options.settings) }
  const settings = toDeploySettings(project, own, options.allowRead)
  const directory = options.assets ?? settings.directory
  if (project?.isFilesAlone === true) throw usage('expected an app with code, got files alone; deploy those')
  const said = await toOwn(settings.text, given)
  for (const warning of said?.warnings ?? []) progress.warn(warning)
  const { component, sourceMap } = await readApp(app, options, progress)
  const assets =
    directory === undefined ? undefined : await scan(directory, options, settings.within, progress)
  const { readPrivateKey } = await import('../../oci/keys.ts')
  const key = options.sign === undefined ? undefined : readPrivateKey(options.sign)
  const { RegistryClient } = await import('../../oci/registry-client.ts')
  const { pushApp } = await import('../../oci/push.ts')
  await using client = new RegistryClient({
    reference,
    actions: 'pull,push',
    insecure: options.insecure === true ? [reference.registry] : [],
    signal: AbortSignal.timeout(options.timeoutMs ?? DEFAULT_PUSH_MS),
  })
  const digest = await pushApp(
    client,
    reference,
    {
      component,
      sourceMap: sourceMap === undefined ? undefined : Buffer.from(sourceMap),
      settings: said?.settings,
      assets: assets?.files,
      readFile: (hash) => assets!.read(hash),
      created: toCreated(process.env['SOURCE_DATE_EPOCH']),
    },
    (step) => progress.show({ text: step, done: 0, total: 1 }),
  )
  if (key !== undefined) {
    const { addSignature } = await import('../../oci/signatures.ts')
    await addSignature(client, { digest, name: `${reference.registry}/${reference.repository}` }, key)
  }
  progress.clear()
  const pinned = toReferenceText({ ...reference, digest })
  const report = { reference: pinned, digest, component_bytes: component.length, signed: key !== undefined }
  process.stdout.write(`${options.json === true ? JSON.stringify(report) : pinned}\n`)
}

function toTagged(text: string): OciReference & { readonly tag: string } {
  const reference = parseReference(text)
  if (reference === undefined) throw usage(`expected ${REFERENCE_FORM}, got "${text}"`)
  const { digest, tag } = reference
  if (tag === undefined || digest !== undefined) throw usage(`expected a tag and no digest, got "${text}"`)
  return { ...reference, tag }
}

/** What an app may say of itself; what is wrong with it is told before anything is pushed. */
async function toOwn(
  settings: string | undefined,
  name: string,
): Promise<{ readonly settings: ArtifactSettings; readonly warnings: readonly string[] } | undefined> {
  if (settings === undefined) return undefined
  // which host names lead to it is said where it is served
  const { hostname: _hostname, ...given } = parseSettings(settings)
  const said = Object.entries(given).filter(([key, value]) => !isDeepStrictEqual(value, NONE[key]))
  if (said.length === 0) return undefined
  // loads the schema library
  const { toOwnSettings } = await import('../../config/take-artifact.ts')
  const own = toOwnSettings(Object.fromEntries(said), name)
  return { settings: { ...own.settings, ...own.limits }, warnings: own.warnings }
}

function parseSettings(settings: string): ArtifactSettings {
  try {
    const value: unknown = JSON.parse(settings)
    if (isObject(value)) return value
  } catch {
    // told below
  }
  throw usage('--settings: expected a JSON object')
}

async function scan(
  directory: string,
  options: PushOptions,
  within: readonly string[] | undefined,
  progress: Progress,
) {
  const { scanAssets } = await import('../../deploy/scan-assets.ts')
  const { manifest, warnings } = scanAssets(
    resolve(directory),
    options.assets === undefined ? within : undefined,
  )
  for (const warning of warnings) progress.warn(`${directory}: ${warning}`)
  const { root, headers, redirects } = manifest
  const entries = Object.entries(manifest.files)
  const places = new Map(entries.map(([, { hash, file }]) => [hash, join(root, file)]))
  const files = Object.fromEntries(entries.map(([path, { hash, size }]) => [path, { hash, size }]))
  return { files: { files, headers, redirects }, read: (hash: string) => readFileSync(places.get(hash)!) }
}

/** The same app has the same digest: the time is the one that is given for builds, or none. */
function toCreated(epoch: string | undefined): number {
  const seconds = Number(epoch)
  return Number.isSafeInteger(seconds) && seconds > 0 ? seconds * 1000 : 0
}
