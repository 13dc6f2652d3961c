/**
 * What the engine still asks of wasi_snapshot_preview1 once it runs: the time. It writes nothing by itself, and has neither
 * arguments nor files; what the app says goes by way of wasi:cli. The tools' own adapter would bring all of a file system into
 * the component's world.
 */
import { componentEmbed, parse } from '@bytecodealliance/jco'
import { toWorld, VERSION } from './world.ts'

const WORLD = 'adapter'
const IMPORTS = ['wasi:clocks/wall-clock', 'wasi:clocks/monotonic-clock']

const MODULE = `
(module
  (import "env" "memory" (memory 0))
  (import "wasi:clocks/wall-clock@${VERSION}" "now" (func $wall (param i32)))
  (import "wasi:clocks/monotonic-clock@${VERSION}" "now" (func $monotonic (result i64)))

  ;; where a time is put: memory below its first kilobyte is nobody's
  (func (export "clock_time_get") (param $clock i32) (param i64) (param $result i32) (result i32)
    (if (local.get $clock)
      (then (i64.store (local.get $result) (call $monotonic)))
      (else
        (call $wall (i32.const 16))
        (i64.store (local.get $result)
          (i64.add
            (i64.mul (i64.load (i32.const 16)) (i64.const 1000000000))
            (i64.extend_i32_u (i32.load (i32.const 24)))))))
    (i32.const 0))

  (func $nothing (param $count i32) (param $size i32) (result i32)
    (i32.store (local.get $count) (i32.const 0))
    (i32.store (local.get $size) (i32.const 0))
    (i32.const 0))
  (export "args_sizes_get" (func $nothing))
  (export "environ_sizes_get" (func $nothing))

  (func $none (param i32 i32) (result i32) (i32.const 0))
  (export "args_get" (func $none))
  (export "environ_get" (func $none))

  ;; there is no such descriptor
  (func (export "fd_fdstat_get") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_write") (param i32 i32 i32 i32) (result i32) (i32.const 8)))
`

/** A core module that says what it imports. */
export async function makeAdapter(): Promise<Uint8Array> {
  const binary = await parse(MODULE)
  return componentEmbed({ binary, witSource: toWorld(WORLD, IMPORTS, []), world: WORLD })
}
