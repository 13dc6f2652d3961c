/** What stands below deploy/ speaks of paths, ports, flags and variables that there are. */

import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, test } from 'vitest'
import { parseAllDocuments } from 'yaml'

import { parseConfig } from '../../host/config/parse.ts'
import { send } from '../harness/http.ts'
import { ROOT, serve } from '../harness/serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-deploy-'))
afterAll(() => rmSync(folder, { recursive: true }))

const read = (path: string): string => readFileSync(join(ROOT, 'deploy', path), 'utf8')
const service = read('systemd/nano.service')
const dockerfile = read('docker/Dockerfile')

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
}

interface Container {
  readonly args: string[]
  readonly env: { name: string }[]
  readonly ports: { name: string; containerPort: number }[]
  readonly startupProbe: Probe
  readonly readinessProbe: Probe
  readonly livenessProbe: Probe
  readonly securityContext: object
  readonly volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[]
}

interface Pod {
  readonly securityContext: object
  readonly containers: [Container]
  readonly volumes: { name: string }[]
}

interface Resource {
  readonly kind: string
  readonly metadata: { name: string }
  readonly data: Record<string, string>
  readonly spec: {
    readonly template: { spec: Pod }
    readonly volumeClaimTemplates: { metadata: { name: string } }[]
    readonly ports: { targetPort: string }[]
  }
}

const documents = parseAllDocuments(read('kubernetes/nano.yaml'))
const resources = documents.map((document) => document.toJS() as Resource)
const find = (kind: string): Resource => resources.find((resource) => resource.kind === kind)!
const pod = find('StatefulSet').spec.template.spec
const [container] = pod.containers

/** The words of `serve` that begin with two dashes, and its variables. */
const help = execFileSync(process.execPath, [join(ROOT, 'host/main.ts'), 'serve', '--help'], {
  encoding: 'utf8',
})

function listSources(): string {
  const names = readdirSync(join(ROOT, 'host'), { recursive: true, encoding: 'utf8' })
  const sources = names.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  return sources.map((name) => readFileSync(join(ROOT, 'host', name), 'utf8')).join('\n')
}

test('flags of serve, and variables', ({ expect }) => {
  const texts = [service, dockerfile, container.args.join(' ')]
  const flags = texts.flatMap((text) =>
    Array.from(
      text.matchAll(/(?:\bserve\b|ENTRYPOINT|CMD)[^\n]*/g),
      ([line]) => line.match(/(?<!\w)--[a-z-]+/g) ?? [],
    ).flat(),
  )
  const own = flags.filter((flag) => !['--interval', '--timeout', '--start-period'].includes(flag))
  expect(own).toContain('--data-dir')
  expect(own.filter((flag) => !help.includes(`${flag} `))).toEqual([])
  const variables =
    [...texts, ...container.env.map(({ name }) => name)].join('\n').match(/\bNANO_[A-Z_]+/g) ?? []
  const sources = listSources()
  expect([...new Set(variables)].sort()).toEqual(['NANO_ADMIN_TOKEN', 'NANO_CACHE_DIR', 'NANO_LOG_FORMAT'])
  expect(variables.filter((name) => !sources.includes(`'${name}'`))).toEqual([])
})

test('paths that are asked for health are there', async ({ expect }) => {
  await using server = await serve([], 1, { admin: { port: 0 } })
  const port = Number(new URL(server.adminUrl!).port)
  const { startupProbe, readinessProbe, livenessProbe } = container
  const paths = [startupProbe, readinessProbe, livenessProbe].map(({ httpGet }) => httpGet.path)
  const [, inContainer] = /http:\/\/127\.0\.0\.1:3001(\/\w+)/.exec(dockerfile)!
  for (const path of [...paths, inContainer!]) {
    const isAsked = await serves(port, path)
    expect([path, isAsked]).toEqual([path, true])
  }
  expect(await serves(port, '/another')).toBe(false)
})

describe('the manifest', () => {
  test('is YAML without faults, and each name that it uses is defined', ({ expect }) => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([])
    expect(resources.map(({ kind }) => kind)).toEqual([
      'ConfigMap',
      'StatefulSet',
      'Service',
      'Service',
      'NetworkPolicy',
    ])
    const ports = container.ports.map(({ name }) => name)
    const used = resources
      .filter(({ kind }) => kind === 'Service')
      .flatMap(({ spec }) => spec.ports.map(({ targetPort }) => targetPort))
    expect(used).toEqual(ports)
    const volumes = [
      ...pod.volumes,
      ...find('StatefulSet').spec.volumeClaimTemplates.map(({ metadata }) => metadata),
    ]
    expect(container.volumeMounts.map(({ name }) => name).sort()).toEqual(
      volumes.map(({ name }) => name).sort(),
    )
  })

  test('has a configuration that is served, on the ports that it names', ({ expect }) => {
    const { port, host, admin, dataDirectory } = parseConfig(
      find('ConfigMap').data['nano.json']!,
      '/etc/nano/nano.json',
    )
    expect({ host, admin, dataDirectory }).toEqual({
      host: '0.0.0.0',
      admin: { host: '0.0.0.0', port: container.ports[1]!.containerPort },
      dataDirectory: '/var/lib/nano',
    })
    expect(port).toBe(container.ports[0]!.containerPort)
    expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toEqual(
      expect.arrayContaining(['/etc/nano', dataDirectory, '/var/cache/nano']),
    )
  })

  test('runs without privileges', ({ expect }) => {
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    })
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
  })
})

test('the image runs as nobody in particular, and starts its one process itself', ({ expect }) => {
  const stage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))
  expect(stage).toMatch(/^USER 65532:65532$/m)
  expect(stage).not.toMatch(/^RUN /m)
  for (const word of ['ENTRYPOINT', 'CMD']) expect(stage).toMatch(new RegExp(`^${word} \\["`, 'm'))
  const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    optionalDependencies: Record<string, string>
  }
  expect(/^ARG NODE=(.*)$/m.exec(dockerfile)?.[1]).toBe(optionalDependencies['node'])
})

const NO_SYSTEMD = isThere('systemd-analyze') ? undefined : 'systemd-analyze is not installed'

test.skipIf(NO_SYSTEMD)(
  `the units are as systemd wants them${NO_SYSTEMD === undefined ? '' : `, not run: ${NO_SYSTEMD}`}`,
  ({ expect }) => {
    // where node is on this machine
    writeFileSync(join(folder, 'nano.service'), service.replace('/usr/bin/node', process.execPath))
    copyFileSync(join(ROOT, 'deploy/systemd/nano.socket'), join(folder, 'nano.socket'))
    const units = [join(folder, 'nano.service'), join(folder, 'nano.socket')]
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], {
      encoding: 'utf8',
    })
    expect([status, stderr.split('\n').filter((line) => line.includes(folder))]).toEqual([0, []])
    expect(service).not.toMatch(/^MemoryDenyWriteExecute=(yes|true)/m)
  },
)

async function serves(port: number, path: string): Promise<boolean> {
  return (await send(port, { host: '127.0.0.1', path })).status === 200
}

function isThere(command: string): boolean {
  return spawnSync(command, ['--version']).status === 0
}
