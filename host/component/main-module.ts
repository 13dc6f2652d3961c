/** A component with another main module: the counterpart of `read.ts`. */
import { encodeModule, type Section } from '../wasm/sections.ts'
import { Writer } from '../wasm/writer.ts'
import { COMPONENT_PREAMBLE, readComponent } from './read.ts'

/** The component with its main module changed. The other sections are as they were. */
export function withMainModule(
  component: Uint8Array,
  change: (main: readonly Section[]) => readonly Section[],
): Uint8Array<ArrayBuffer> {
  const { sections, main, mainSections } = readComponent(component)
  const changed = encodeModule(change(mainSections))
  const writer = new Writer().append(COMPONENT_PREAMBLE)
  for (const section of sections) {
    const payload = section === main ? changed : section.payload
    writer.u8(section.id).u32(payload.length).append(payload)
  }
  return writer.finish()
}
