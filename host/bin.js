#!/usr/bin/env node
/**
 * What npm installs as `nano-workers`: starts host/main.ts on the Node that NANO needs. Plain JavaScript, because any
 * Node since 18 may run it. On a Node that is new enough it goes on in the same process; on an older one it starts the
 * binary of the npm package `node`, hands it the terminal and the signals, and exits as it exits. That package is
 * optional: where it is not there either, it says which Node is needed.
 */

import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NEEDED = 26
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2']
// Node runs TypeScript, but not below node_modules: an installed package brings the compiled files
const isInstalled = import.meta.url.includes('/node_modules/')
const main = new URL(isInstalled ? '../dist/host/main.js' : 'main.ts', import.meta.url)

// files, names and cryptography of all threads: a disk that hangs must not have all of them (storage/objects/disk-turns.ts)
process.env.UV_THREADPOOL_SIZE ??= '16'

if (Number(process.versions.node.split('.')[0]) >= NEEDED) await import(main.href)
else {
  const node = findNode()
  if (node === undefined) refuse('')
  else runOn(node)
}

function runOn(node) {
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => refuse(` (its binary does not start: ${error.message})`))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/** The binary of the package `node`; undefined: it was not installed. */
function findNode() {
  try {
    const directory = dirname(createRequire(import.meta.url).resolve('node/package.json'))
    return join(directory, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  } catch {
    return undefined
  }
}

function refuse(why) {
  process.stderr.write(
    `nano-workers: expected Node ${NEEDED} or later, got ${process.version}. Install it, or the npm package "node"${why}, ` +
      `which --omit=optional leaves out: npm install node@${NEEDED}\n`,
  )
  process.exitCode = 1
}
