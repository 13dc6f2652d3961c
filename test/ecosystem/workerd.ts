/**
 * What workerd answers to the same apps: bundled with the same conditions, but with its own modules of Node.js, behind a
 * router by host name.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import workerd, { compatibilityDate as DATE } from 'workerd'

import { findPort, startProcess } from '../../bench/server-process.ts'
import { send } from '../harness/http.ts'
import type { App, Answer } from './apps.ts'

const BUILTINS = new Set(builtinModules)
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire('/');"
const ROUTER = `
export default {
  fetch(request, env) {
    return env[request.headers.get('host').split('.')[0]].fetch(request)
  },
}`

/** Asks each app once. */
export async function askWorkerd(apps: readonly App[], folder: string): Promise<Map<string, Answer>> {
  mkdirSync(folder, { recursive: true })
  for (const { name, path } of apps) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other takes less memory
    writeFileSync(join(folder, `${name}.js`), await bundle(path))
  }
  const port = await findPort()
  const file = join(folder, 'config.capnp')
  writeFileSync(
    file,
    toConfig(
      apps.map(({ name }) => name),
      port,
    ),
  )
  await using server = await startProcess({
    command: workerd.default,
    args: ['serve', file],
    port,
    hosts: [`${apps[0]!.name}.localhost`],
  })
  const answers = new Map<string, Answer>()
  for (const { name } of apps) {
    // oxlint-disable-next-line no-await-in-loop -- in order
    const { status, text } = await send(server.port, { host: `${name}.localhost`, path: '/' })
    answers.set(name, { status, text })
  }
  return answers
}

/** As one module, for workerd. */
export async function bundle(input: string): Promise<string> {
  const build = await rolldown({
    input,
    platform: 'neutral',
    external: (id) => id.startsWith('node:') || id.startsWith('cloudflare:'),
    plugins: [
      {
        name: 'node-prefix',
        resolveId: (id) => (BUILTINS.has(id) ? { id: `node:${id}`, external: true } : null),
      },
    ],
    resolve: {
      mainFields: ['browser', 'module', 'main'],
      aliasFields: [['browser']],
      conditionNames: ['workerd', 'worker', 'browser'],
    },
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
    onLog() {},
  })
  const { output } = await build.generate({ format: 'esm', codeSplitting: false, banner: REQUIRE })
  await build.close()
  return output[0].code
}

function toConfig(names: readonly string[], port: number): string {
  const services = names.map(
    (name) =>
      `(name = "${name}", worker = (modules = [(name = "main", esModule = embed "${name}.js")], ` +
      `compatibilityDate = "${DATE}"))`,
  )
  const bindings = names.map((name) => `(name = "${name}", service = "${name}")`)
  services.push(
    `(name = "router", worker = (modules = [(name = "main", esModule = ${JSON.stringify(ROUTER)})], ` +
      `compatibilityDate = "${DATE}", bindings = [${bindings.join(', ')}]))`,
  )
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    ${services.join(',\n    ')}
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "router")]
);
`
}
