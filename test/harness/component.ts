/**
 * A real component to spoil: built once, then edited part by part. What comes out is a whole file again, as somebody
 * might bring it.
 */

import { readFile } from 'node:fs/promises'

import { readComponent } from '../../host/component/read.ts'
import { readDataSegments } from '../../host/wasm/data-segments.ts'
import type { DataSegment } from '../../host/wasm/data-segments.ts'
import { Reader } from '../../host/wasm/reader.ts'
import { encodeModule, findSection, replaceSection } from '../../host/wasm/sections.ts'
import type { Section } from '../../host/wasm/sections.ts'
import { Writer } from '../../host/wasm/writer.ts'
import { fixture } from './serve.ts'

/** Section ids of a component. */
export const PART = { custom: 0, coreModule: 1, component: 4, type: 7, import: 10, export: 11 } as const

export const COMPONENT_PREAMBLE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0)

export type Edit = (sections: readonly Section[]) => readonly Section[]

/** A fixture's component without the bundle in it, so that it is what its parts are and cannot be made again. */
export async function buildFixture(name: string): Promise<Uint8Array> {
  const isBundle = ({ id, payload }: Section) =>
    id === PART.custom && new Reader(payload).name() === 'nano:bundle'
  return editComponent(await readFile(fixture(name)), (all) => all.filter((part) => !isBundle(part)))
}

/** A component made of sections. */
export function encodeComponent(sections: readonly Section[]): Uint8Array<ArrayBuffer> {
  const writer = new Writer().append(COMPONENT_PREAMBLE)
  for (const { id, payload } of sections) writer.u8(id).u32(payload.length).append(payload)
  return writer.finish()
}

/** The component with its top sections edited. */
export function editComponent(component: Uint8Array, edit: Edit): Uint8Array<ArrayBuffer> {
  return encodeComponent(edit(readComponent(component).sections))
}

/** The component with its main module edited. */
export function editMain(component: Uint8Array, edit: Edit): Uint8Array<ArrayBuffer> {
  const { sections, main, mainSections } = readComponent(component)
  const payload = encodeModule(edit(mainSections))
  return encodeComponent(sections.map((section) => (section === main ? { ...main, payload } : section)))
}

/** The data segments of the component's main module. */
export function readSegments(component: Uint8Array): DataSegment[] {
  return readDataSegments(readComponent(component).mainSections)
}

/** A vector section of a module with one more element. */
export function withElement(id: number, element: Uint8Array | readonly number[]): Edit {
  return (sections) => {
    const payload = findSection(sections, id) ?? Uint8Array.of(0)
    const reader = new Reader(payload)
    const writer = new Writer().u32(reader.u32() + 1).append(payload.subarray(reader.at))
    return replaceSection(sections, id, writer.append(Uint8Array.from(element)).finish())
  }
}

/** A section of a module replaced, or put in. */
export function withSection(id: number, payload: Uint8Array | readonly number[]): Edit {
  return (sections) => replaceSection(sections, id, Uint8Array.from(payload))
}

/** More sections at the end of a component. */
export function withPart(id: number, payload: Uint8Array | readonly number[], times = 1): Edit {
  const section = { id, payload: Uint8Array.from(payload) }
  return (sections) => [...sections, ...Array.from({ length: times }, () => section)]
}

/** The bytes of a length-prefixed name. */
export function toName(text: string): Uint8Array {
  return new Writer().name(text).finish()
}

/** A count and so many zero bytes. */
export function countOf(count: number, bytes: number): Uint8Array {
  return new Writer().u32(count).append(new Uint8Array(bytes)).finish()
}
