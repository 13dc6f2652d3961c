/** The bundle that a component carries, written and read again, and what is refused of a hostile one. */
import { assert, nat, property, uint8Array } from 'fast-check'
import { describe, it } from 'vitest'
import { NanoError } from '../errors.ts'
import { encodeModule } from '../wasm/sections.ts'
import { Writer } from '../wasm/writer.ts'
import { type CarriedBundle, MAX_CODE_BYTES, readCarriedBundle, withCarriedBundle } from './carried-bundle.ts'

const PREAMBLE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0)
const plain = withSection(PREAMBLE, 1, encodeModule([]))
const bundle: CarriedBundle = {
  entry: 'index.ts',
  world: 'nano:workers/worker@0.1.0',
  toolchain: ['a@1', 'b@2'],
  mapHash: 'ab'.repeat(32),
  codeBytes: 7,
  compressed: Uint8Array.of(1, 2, 3),
}
const carrying = withCarriedBundle(plain, bundle)

function withSection(component: Uint8Array, id: number, payload: Uint8Array): Uint8Array {
  return new Writer().append(component).u8(id).u32(payload.length).append(payload).finish()
}

/** A component with a custom section of this name and content. */
const withCustom = (name: string, content: Uint8Array) =>
  withSection(plain, 0, new Writer().name(name).append(content).finish())

/** The content of a bundle's section, some of it replaced. */
function toContent({
  format = 1,
  entry = bundle.entry,
  tools = 0,
  codeBytes = 7,
  hash = new Uint8Array(32),
}: {
  format?: number
  entry?: string
  tools?: number
  codeBytes?: number
  hash?: Uint8Array
}): Uint8Array {
  const head = new Writer().u8(format).name(entry).name(bundle.world).u32(tools)
  for (let i = 0; i < tools; i++) head.name('x')
  return head.append(hash).u32(codeBytes).append(Uint8Array.of(1)).finish()
}

describe('readCarriedBundle', () => {
  it('reads what was written', ({ expect }) => {
    const read = readCarriedBundle(carrying)
    expect({ ...read, compressed: Uint8Array.from(read!.compressed) }).toEqual(bundle)
    expect(carrying.subarray(0, plain.length)).toEqual(plain)
  })

  it('finds none where there is none', ({ expect }) => {
    expect(readCarriedBundle(plain)).toBeUndefined()
    expect(readCarriedBundle(withCustom('producers', Uint8Array.of(9)))).toBeUndefined()
    expect(readCarriedBundle(withSection(plain, 0, Uint8Array.of(0xff, 0xff)))).toBeUndefined()
    expect(readCarriedBundle(withSection(plain, 0, new Uint8Array()))).toBeUndefined()
  })

  it('copies no more than the few texts', ({ expect }) => {
    expect(readCarriedBundle(carrying)!.compressed.buffer).toBe(carrying.buffer)
  })

  it.for([
    ['two', withCarriedBundle(carrying, bundle), 'it carries 2 bundles'],
    ['another format', withCustom('nano:bundle', toContent({ format: 2 })), 'has the format 2'],
    ['an empty one', withCustom('nano:bundle', new Uint8Array()), 'unexpected end'],
    ['a cut one', withCustom('nano:bundle', toContent({}).subarray(0, 50)), '32 bytes announced'],
    ['a hash that is short', withCustom('nano:bundle', toContent({ hash: new Uint8Array(3) })), 'announced'],
    ['a huge text', withCustom('nano:bundle', Uint8Array.of(1, 0xff, 0xff, 0xff, 0x0f, 65)), 'announced'],
    ['a long entry', withCustom('nano:bundle', toContent({ entry: 'x'.repeat(256) })), 'too long'],
    ['no entry', withCustom('nano:bundle', toContent({ entry: '' })), 'not printable'],
    ['an entry of two lines', withCustom('nano:bundle', toContent({ entry: 'a\nb' })), 'not printable'],
    ['an entry that drives a terminal', withCustom('nano:bundle', toContent({ entry: '\u001b[2J' })), 'not'],
    ['an entry that turns around', withCustom('nano:bundle', toContent({ entry: '\u202egnp' })), 'not'],
    ['many tools', withCustom('nano:bundle', toContent({ tools: 17 })), 'names 17 tools'],
    [
      'a bomb by its announcement',
      withCustom('nano:bundle', toContent({ codeBytes: MAX_CODE_BYTES + 1 })),
      'unpacks to 67108865 bytes; at most 67108864',
    ],
    [
      'countless tools',
      withCustom('nano:bundle', new Writer().u8(1).name('a').name('b').u32(0xffff_ffff).finish()),
      'vector of 4294967295 elements',
    ],
  ] as const)('refuses %s', ([, component, words], { expect }) => {
    expect(() => readCarriedBundle(component)).toThrow(words)
    expect(() => readCarriedBundle(component)).toThrow(expect.objectContaining({ code: 'COMPONENT_INVALID' }))
  })

  it('never fails otherwise, whatever the bytes', ({ expect }) => {
    assert(
      property(nat(carrying.length), uint8Array({ maxLength: 32 }), (at, noise) => {
        const broken = Uint8Array.from(carrying)
        broken.set(noise.subarray(0, broken.length - at), at)
        try {
          readCarriedBundle(broken)
        } catch (error) {
          expect(error).toBeInstanceOf(NanoError)
          expect((error as NanoError).code).toBe('COMPONENT_INVALID')
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('withCarriedBundle', () => {
  it('carries the name of any entry, so that it can be read', ({ expect }) => {
    for (const entry of ['день.ts', '\u001b[31m.js', 'x'.repeat(5000)]) {
      const read = readCarriedBundle(withCarriedBundle(plain, { ...bundle, entry }))!.entry
      expect(read.length).toBeLessThanOrEqual(255)
      expect(read.slice(0, 4)).toBe(entry.slice(0, 4).replace('\u001b', '\ufffd'))
    }
  })
})
