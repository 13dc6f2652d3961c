/** What an artifact's config and manifests say of a component. */

import { test } from 'vitest'

import { readWorldNames } from '../component/world-names.ts'
import { readAppManifest, readImage, toAppManifestText, toCompanionText, toConfigText } from './artifact.ts'
import { toDigest } from './digest.ts'

const bytes = (...parts: (number | string | Uint8Array)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part))))

/** A name, or a section, with its length before it. */
const sized = (content: Uint8Array | string): Buffer => bytes(Buffer.from(content).length, content)
const section = (id: number, ...parts: Parameters<typeof bytes>): Buffer => bytes(id, sized(bytes(...parts)))
const name = (text: string): Buffer => bytes(0, sized(text))

const PREAMBLE = bytes('\0asm', 0x0d, 0, 1, 0)
const CORE = section(1, '\0asm', 1, 0, 0, 0)

test('a component tells what it imports and exports, of whatever kind', ({ expect }) => {
  const component = bytes(
    PREAMBLE,
    CORE,
    section(
      10,
      // count
      7,
      name('instance'),
      5,
      0,
      name('func'),
      1,
      0x80,
      1,
      name('module'),
      0,
      0x11,
      0,
      name('resource'),
      3,
      1,
      name('type'),
      3,
      0,
      4,
      name('value'),
      2,
      1,
      0x73,
      bytes(1, sized('a:b/c@1.0.0')),
      4,
      0,
    ),
    // of a core module, and of an instance with its type
    section(11, 2, name('core'), 0, 0x11, 3, 0, name('out'), 5, 2, 1, 5, 0),
    section(10, 1, name('later'), 1, 0),
  )
  expect(readWorldNames(component)).toEqual({
    imports: ['instance', 'func', 'module', 'resource', 'type', 'value', 'a:b/c@1.0.0', 'later'],
    exports: ['core', 'out'],
  })
  // wherever it is cut
  for (let end = 0; end < component.length; end++) {
    try {
      readWorldNames(component.subarray(0, end))
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: 'COMPONENT_INVALID' })
    }
  }
})

test('the same app is the same manifest, with one layer, and a companion for the rest', ({ expect }) => {
  const component = { digest: toDigest(Buffer.from('component')), size: 9 }
  const description = { digest: toDigest(Buffer.from('description')), size: 11 }
  const sourceMap = { digest: toDigest(Buffer.from('map')), size: 3 }
  const config = toConfigText(component.digest, { imports: ['a'], exports: ['b'] }, 0)
  expect(JSON.parse(config.toString())).toEqual({
    created: '1970-01-01T00:00:00.000Z',
    architecture: 'wasm',
    os: 'wasip2',
    layerDigests: [component.digest],
    component: { exports: ['b'], imports: ['a'] },
  })
  const parts = { config: { digest: toDigest(config), size: config.length }, component }
  const text = toAppManifestText({ ...parts, description: description.digest }, 'app.wasm')
  expect(toAppManifestText({ ...parts, description: description.digest }, 'app.wasm')).toEqual(text)
  const manifest = readImage(text, 'it')
  expect(manifest.layers.map(({ mediaType }) => mediaType)).toEqual(['application/wasm'])
  expect(readAppManifest(manifest, 'it')).toMatchObject({ component, description: description.digest })

  const subject = { digest: toDigest(text), size: text.length }
  const file = { hash: '0'.repeat(64), size: 1 }
  const assets = { files: { '/a': file, '/b': file }, headers: '', redirects: '' }
  const companion = readImage(
    toCompanionText(
      subject,
      description,
      { sourceMap, assets },
      { digest: toDigest(Buffer.from('{}')), size: 2 },
    ),
    'it',
  )
  expect(companion).toMatchObject({ artifactType: 'application/vnd.nano-workers.app.v1+json', subject })
  expect(companion.layers.map(({ digest }) => digest)).toEqual([
    description.digest,
    sourceMap.digest,
    `sha256:${file.hash}`,
  ])
  // it is no app itself
  expect(() => readAppManifest(companion, 'it')).toThrow('expected application/vnd.wasm.config.v0+json')
})
