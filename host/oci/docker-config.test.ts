/** Where credentials are found, in which order, and what a helper may say. */

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterAll, describe, test } from 'vitest'

import { findCredentials } from './docker-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-docker-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

const toAuth = (text: string) => ({ auth: Buffer.from(text).toString('base64') })
const password = (username: string, secret: string) => ({ type: 'password', username, password: secret })
let homes = 0

/** A home with these files, and these helpers: what each prints. */
function open(files: Record<string, unknown>, helpers: Record<string, string> = {}) {
  const home = join(folder, String(++homes))
  const write = (path: string, text: string): string => {
    const file = join(home, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    return file
  }
  for (const [path, content] of Object.entries(files))
    write(path, typeof content === 'string' ? content : JSON.stringify(content))
  for (const [name, script] of Object.entries(helpers))
    chmodSync(write(`bin/docker-credential-${name}`, `#!/bin/sh\nread server\n${script}\n`), 0o755)
  const environment = { HOME: home, PATH: `${join(home, 'bin')}:${process.env['PATH']}` }
  return {
    home,
    find: (registry: string, repository = 'team/app', more: Record<string, string> = {}) =>
      findCredentials({ registry, repository }, { environment: { ...environment, ...more } }),
  }
}

const DOCKER = '.docker/config.json'
const PODMAN = '.config/containers/auth.json'

describe('credentials', () => {
  test('of Docker come before those of Podman, and the repository before the registry', async ({
    expect,
  }) => {
    const { home, find } = open({
      [DOCKER]: { auths: { 'a.test': toAuth('docker:x:y'), 'https://b.test/v1/': toAuth('old:z') } },
      [PODMAN]: {
        auths: { 'a.test': toAuth('podman:x'), 'c.test/team': toAuth('team:t'), 'c.test': toAuth('all:t') },
      },
      'elsewhere/config.json': { auths: { 'a.test': toAuth('elsewhere:e') } },
      'runtime/containers/auth.json': { auths: { 'd.test': toAuth('runtime:r') } },
    })
    expect(await find('a.test')).toEqual(password('docker', 'x:y'))
    expect(await find('b.test')).toEqual(password('old', 'z'))
    expect(await find('c.test')).toEqual(password('team', 't'))
    expect(await find('c.test', 'other/app')).toEqual(password('all', 't'))
    expect(await find('c.test', 'teams/app')).toEqual(password('all', 't'))
    expect(await find('a.test:5000')).toBeUndefined()
    const more = { DOCKER_CONFIG: join(home, 'elsewhere'), XDG_RUNTIME_DIR: join(home, 'runtime') }
    expect(await find('a.test', 'team/app', more)).toEqual(password('elsewhere', 'e'))
    expect(await find('d.test', 'team/app', more)).toEqual(password('runtime', 'r'))
  })

  test('are tokens, too; of nobody, or broken ones, are none', async ({ expect }) => {
    const { find } = open({
      [DOCKER]: {
        auths: {
          'a.test': { ...toAuth('x:y'), identitytoken: 'i' },
          'b.test': { registrytoken: 'r' },
          'c.test': {},
          'd.test': toAuth('nocolon'),
          'e.test': 'x',
          'docker.io': null,
          'https://index.docker.io/v1/': { username: 'u', password: 'p' },
        },
      },
    })
    expect(await find('a.test')).toEqual({ type: 'identity', token: 'i' })
    expect(await find('b.test')).toEqual({ type: 'bearer', token: 'r' })
    for (const registry of ['c.test', 'd.test', 'e.test', '__proto__', 'constructor']) {
      // oxlint-disable-next-line no-await-in-loop
      expect(await find(registry), registry).toBeUndefined()
    }
    expect(await find('docker.io', 'library/app')).toEqual(password('u', 'p'))
  })

  test('come from helpers first: that of the registry, then that of all', async ({ expect }) => {
    const { find } = open(
      {
        [DOCKER]: {
          credHelpers: { 'a.test': 'one', 'b.test': 'none' },
          credsStore: 'all',
          auths: { 'a.test': toAuth('file:f'), 'b.test': toAuth('file:f'), 'z.test': toAuth('file:f') },
        },
      },
      {
        one: `printf '{"ServerURL":"%s","Username":"%s","Secret":"s"}' "$server" "$1-$server"`,
        none: `echo credentials not found in native keychain; exit 1`,
        all: `test "$server" = c.test || { echo credentials not found in native keychain; exit 1; }; printf '{"Username":"<token>","Secret":"t"}'`,
      },
    )
    expect(await find('a.test')).toEqual(password('get-a.test', 's'))
    expect(await find('b.test')).toEqual(password('file', 'f'))
    expect(await find('c.test')).toEqual({ type: 'identity', token: 't' })
    expect(await find('z.test')).toEqual(password('file', 'f'))
  })

  const broken: [what: string, config: unknown, helper: string, refusal: RegExp][] = [
    ['no JSON', '{"auths": "hunter2', '', /expected the file that "docker login" writes; it is no JSON$/],
    ['another value', '[]', '', /it is no JSON object$/],
    [
      'a helper elsewhere',
      { credsStore: '../../bin/sh' },
      '',
      /expected the name of one, got "\.\.\/\.\.\/bin\/sh"/,
    ],
    ['a helper that is not there', { credsStore: 'absent' }, '', /docker-credential-absent: .*ENOENT/],
    [
      'a helper that fails',
      { credsStore: 'x' },
      'exit 3',
      /docker-credential-x: it ended with 3 for a\.test/,
    ],
    ['a helper that says nothing', { credsStore: 'x' }, 'true', /it answered no JSON/],
    ['a helper that says too much', { credsStore: 'x' }, 'cat /dev/zero', /it ended with SIGKILL/],
  ]
  test.for(broken)('refused: %s', async ([, config, helper, refusal], { expect }) => {
    const { find } = open({ [DOCKER]: config }, { x: helper })
    const found = find('a.test')
    await expect(found).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(refusal) as string,
    })
    await expect(found).rejects.not.toThrow('hunter2')
  })

  test('of a file that the operator names, and of no other', async ({ expect }) => {
    const { home, find } = open({ [DOCKER]: { auths: { 'a.test': toAuth('x:y') } }, own: { auths: {} } })
    const reference = { registry: 'a.test', repository: 'app' }
    expect(await findCredentials(reference, { file: join(home, 'own') })).toBeUndefined()
    await expect(findCredentials(reference, { file: join(home, 'absent') })).rejects.toThrow('ENOENT')
    expect(await find('a.test')).toEqual(password('x', 'y'))
  })
})
