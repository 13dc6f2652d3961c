/**
 * The tests are fetched, and never kept in this repository: from `WPT_DIR`, a folder that holds a checkout of them, or
 * else out of Debian's source package of Node, which carries those that apply to servers.
 */

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { findCacheDirectory } from '../../host/engine/cache-directory.ts'

const run = promisify(execFile)
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
const HARNESS = 'resources/testharness.js'

/** The folder of the tests. Rejects with what to do where they cannot be had. */
export async function fetchTests(): Promise<string> {
  const given = process.env['WPT_DIR']
  if (given !== undefined && given !== '') return checked(given)
  const folder = join(findCacheDirectory([]), 'wpt')
  if (!existsSync(join(folder, HARNESS))) await fromDebian(folder)
  return checked(folder)
}

function checked(folder: string): string {
  if (existsSync(join(folder, HARNESS))) return folder
  throw new Error(
    `expected Web Platform Tests in ${folder}, there is no ${HARNESS}: set WPT_DIR to a checkout of them`,
  )
}

/** The newest suite first: its upload may be gone while the mirror changes. */
async function fromDebian(folder: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'nano-wpt-'))
  try {
    const archive = await download(work)
    const unpacked = join(work, 'wpt')
    await mkdir(unpacked)
    const only = ['--wildcards', '*/test/fixtures/wpt/*', '--strip-components=4']
    await run('tar', ['-xf', archive, '-C', unpacked, ...only])
    await mkdir(join(folder, '..'), { recursive: true })
    await rename(unpacked, folder).catch(async () => run('cp', ['-r', unpacked, folder]))
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n', 1)[0] : String(error)
    throw new Error(
      `the tests cannot be fetched from Debian (${why}): set WPT_DIR to a checkout of Web Platform Tests`,
      {
        cause: error,
      },
    )
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function download(work: string): Promise<string> {
  const mirror = await run('apt-get', ['indextargets', '--format', '$(REPO_URI)'])
  const uri = mirror.stdout.split('\n').find((line) => line.endsWith('/debian/'))
  if (uri === undefined) throw new Error('apt names no Debian mirror')
  const list = ['sid', 'bookworm'].map((suite) => `deb-src [signed-by=${KEYRING}] ${uri} ${suite} main`)
  for (const part of ['lists/partial', 'cache/archives/partial', 'archive'])
    // oxlint-disable-next-line no-await-in-loop -- three folders
    await mkdir(join(work, part), { recursive: true })
  await writeFile(join(work, 'sources.list'), `${list.join('\n')}\n`)
  const options = [
    `Dir::Etc::sourcelist=${work}/sources.list`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${work}/lists`,
    `Dir::Cache=${work}/cache`,
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option])
  await run('apt-get', ['-qq', ...options, 'update'])
  const { stdout } = await run('apt-cache', [...options, 'showsrc', 'nodejs'], { maxBuffer: 1 << 24 })
  const versions = [...stdout.matchAll(/^Version: (\S+)$/gm)].map((found) => found[1]!)
  const cwd = join(work, 'archive')
  for (const version of versions.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))) {
    const source = ['-qq', ...options, 'source', '--download-only', `nodejs=${version}`]
    // the packaging files of an older upload may be gone from the mirror; the tests are in the upstream archive
    // oxlint-disable-next-line no-await-in-loop -- the next one only where this one is gone
    await run('apt-get', source, { cwd }).catch(() => undefined)
    // oxlint-disable-next-line no-await-in-loop -- as above
    const archive = (await readdir(cwd)).find((name) => /^nodejs_.*\.orig\.tar\.\w+$/.test(name))
    if (archive !== undefined) return join(cwd, archive)
  }
  throw new Error('the mirror has no source package of nodejs')
}
