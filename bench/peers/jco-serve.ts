/**
 * The peer next door: the same app as a plain `wasi:http` component, served by `jco serve`. Built with the same
 * version of componentize-js as NANO's components. The WIT files come with jco; componentize-js speaks an older patch
 * of WASI 0.2 and wants one text. Every request gets an instance of its own (`--isolate-requests instance`): with one
 * instance for all, this guest's `fetch` event answers the first request and hangs in the second.
 */

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { componentize } from '@bytecodealliance/componentize-js'

import { findPort, startProcess } from '../server-process.ts'
import type { ServerProcess } from '../server-process.ts'

const JCO_WASI = '0.2.12'
const GUEST_WASI = '0.2.10'
const PACKAGES = ['http', 'io', 'clocks', 'random', 'cli', 'filesystem', 'sockets']
const MODULES = new URL('../../node_modules/', import.meta.url)

const APP = `addEventListener('fetch', (event) => event.respondWith(
  new Response('Hello from NANO!\\n', { headers: { 'content-type': 'text/plain;charset=UTF-8', 'content-length': '17' } })
))`

/** Builds the component; its path. */
export async function buildForJco(directory: string): Promise<string> {
  const sourcePath = join(directory, 'jco-hello.js')
  await writeFile(sourcePath, APP)
  const packages = await Promise.all(PACKAGES.map(readPackage))
  const world = `package bench:hello;\nworld hello { include wasi:http/proxy@${GUEST_WASI}; }\n`
  // the package's types know only the WIT of a file
  const options = { sourcePath, witWorld: world + packages.join('\n'), worldName: 'hello' }
  const { component } = await componentize(options)
  const file = join(directory, 'jco-hello.wasm')
  await writeFile(file, component)
  return file
}

/** Serves a component of `buildForJco`. */
export async function startJcoServe(component: string): Promise<ServerProcess> {
  const port = await findPort()
  const jco = fileURLToPath(new URL('.bin/jco', MODULES))
  const args = [
    jco,
    'serve',
    component,
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--isolate-requests',
    'instance',
  ]
  return startProcess({ command: process.execPath, args, port, hosts: ['localhost'] })
}

async function readPackage(name: string): Promise<string> {
  const path = `@bytecodealliance/jco/lib/wit/builtin/${JCO_WASI}/wasi-${name}/package.wit`
  const text = await readFile(new URL(path, MODULES), 'utf8')
  return `${text.replaceAll(JCO_WASI, GUEST_WASI).replace(/^package ([^;]+);/m, 'package $1 {')}\n}\n`
}
