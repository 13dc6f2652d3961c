/** Components of wasi:http by hand, for what no toolchain makes. */

import { parse } from '@bytecodealliance/jco'

const TYPES = `
  (import "wasi:http/types@0.2.10" (instance $types
    (export "incoming-request" (type (sub resource)))
    (export "response-outparam" (type (sub resource)))))
  (alias export $types "incoming-request" (type $request))
  (alias export $types "response-outparam" (type $out))`

const EXPORT = `
  (func $handle (param "request" (own $request)) (param "response-out" (own $out))
    (canon lift (core func $main "handle")))
  (instance $handler (export "handle" (func $handle)))
  (export "wasi:http/incoming-handler@0.2.10" (instance $handler))`

/** Its core instance `$main` has a function `handle` of two numbers. */
export function toHandler(body: string): Promise<Uint8Array> {
  return parse(`(component ${TYPES} ${body} ${EXPORT})`)
}

const HANDLE = '(func (export "handle") (param i32 i32))'

export const toModule = (body: string): string =>
  `(core module $m ${body} ${HANDLE}) (core instance $main (instantiate $m))`

/** What is in it asks for more than a process has, or does not end. */
export const GREEDY: Readonly<Record<string, string>> = {
  'spins in its start function': toModule('(func $start (loop (br 0))) (start $start)'),
  'begins with a memory of 4 GiB': toModule('(memory 65536)'),
  'has a table of ten million entries': toModule('(table 10000001 funcref)'),
  'traps in its start function': toModule('(func $start unreachable) (start $start)'),
  'has nine hundred instances with a memory each': `
    (core module $n (memory 1024)) ${'(core instance (instantiate $n))'.repeat(900)} ${toModule('')}`,
}

/** Its own resource's destructor traps. */
export const TRAPS_IN_DESTRUCTOR = `
  (core module $d (func (export "drop") (param i32) unreachable))
  (core instance $di (instantiate $d))
  (alias core export $di "drop" (core func $dtor))
  (type $r (resource (rep i32) (dtor (core func $dtor))))
  (core func $new (canon resource.new $r))
  (core func $drop (canon resource.drop $r))
  (core module $m
    (import "r" "new" (func $new (param i32) (result i32)))
    (import "r" "drop" (func $drop (param i32)))
    (func (export "handle") (param i32 i32) (call $drop (call $new (i32.const 7)))))
  (core instance $main (instantiate $m
    (with "r" (instance (export "new" (func $new)) (export "drop" (func $drop))))))`
