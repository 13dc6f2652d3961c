/** Files that are no component of NANO are refused with words that name the file. What is one is tested in test/. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, it } from 'vitest'

import { openComponent } from './open-component.ts'

const folder = mkdtempSync(join(tmpdir(), 'nano-deploy-'))

afterAll(() => rmSync(folder, { recursive: true }))

describe('refused files', () => {
  const cases: [label: string, content: Uint8Array | undefined, code: string, words: RegExp][] = [
    ['missing', undefined, 'CONFIG_INVALID', /missing\.wasm: there is no such file/],
    ['empty', new Uint8Array(), 'COMPONENT_INVALID', /empty\.wasm: .*the file is empty/],
    ['text', Buffer.from('(component)'), 'COMPONENT_INVALID', /text\.wasm: .*WebAssembly as text/],
    ['core', Buffer.from('\0asm\x01\0\0\0', 'latin1'), 'COMPONENT_INVALID', /core\.wasm: .*a core module/],
    ['script', Buffer.from('export default {}'), 'COMPONENT_INVALID', /script\.wasm: .*not WebAssembly/],
  ]
  for (const [label, content, code, words] of cases) {
    it(label, async ({ expect }) => {
      const file = join(folder, `${label}.wasm`)
      if (content !== undefined) writeFileSync(file, content)
      const opened = openComponent(file, () => {})
      await expect(opened).rejects.toThrow(words)
      await expect(opened).rejects.toThrow(expect.objectContaining({ code }))
    })
  }
})
