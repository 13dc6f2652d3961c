/**
 * Makes the component of guest.rs: rustc (any with the target wasm32-unknown-unknown) to a core module, and jco's tools around it.
 * What it made lies beside it, for machines without Rust.
 *
 *     node test/harness/build-rust.ts
 */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { componentEmbed, componentNew } from '@bytecodealliance/jco'

import { toWorld } from '../../host/build/portable/world.ts'

const IMPORTS = [
  'wasi:cli/environment',
  'wasi:cli/exit',
  'wasi:filesystem/preopens',
  'wasi:filesystem/types',
  'wasi:http/outgoing-handler',
  'wasi:http/types',
  'wasi:io/poll',
  'wasi:io/streams',
  'wasi:sockets/instance-network',
  'wasi:sockets/ip-name-lookup',
  'wasi:sockets/tcp',
  'wasi:sockets/tcp-create-socket',
]
const { RUSTC = 'rustc', RUSTFLAGS = '' } = process.env
const folder = join(import.meta.dirname, '../fixtures/foreign/rust')
const temporary = mkdtempSync(join(tmpdir(), 'nano-rust-'))
try {
  const core = join(temporary, 'guest.wasm')
  const flags = [
    '--target',
    'wasm32-unknown-unknown',
    '--crate-type',
    'cdylib',
    '-C',
    'opt-level=s',
    '-C',
    'panic=abort',
  ]
  const more = RUSTFLAGS.split(' ').filter((flag) => flag !== '')
  execFileSync(RUSTC, [...flags, '-C', 'strip=symbols', ...more, '-o', core, join(folder, 'guest.rs')], {
    stdio: 'inherit',
  })
  const witSource = toWorld('guest', IMPORTS, ['wasi:http/incoming-handler'])
  const embedded = await componentEmbed({
    binary: new Uint8Array(readFileSync(core)),
    witSource,
    world: 'guest',
  })
  writeFileSync(join(folder, 'guest.wasm'), await componentNew(embedded, []))
} finally {
  rmSync(temporary, { recursive: true })
}
