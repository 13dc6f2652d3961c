/** The last step of a build: is the result what a host of this version would take? */
import { NanoError } from '../errors.ts'

/** Layer 1 of the binary format is a component, version 13. */
const COMPONENT_PREAMBLE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0)

/** Passes a component through, or says that NANO's own build is at fault. */
export function checkComponent(component: Uint8Array): Uint8Array {
  if (COMPONENT_PREAMBLE.every((byte, index) => component[index] === byte)) return component
  throw new NanoError('INTERNAL', 'the build did not produce a component')
}
