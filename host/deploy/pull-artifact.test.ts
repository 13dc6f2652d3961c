/** A registry that does not answer is left alone for a while, and nobody waits for it. */

import { test } from 'vitest'

import { OwnRegistry } from '../../test/harness/own-registry.ts'
import { expectReference, Registries } from './pull-artifact.ts'

test('one that is slow is asked once, for as many apps as there are', async ({ expect }) => {
  await using registry = await OwnRegistry.start()
  await using other = await OwnRegistry.start()
  registry.answer = () => {}
  const registries = new Registries()
  const pull = (path: string) =>
    registries.pull(expectReference(path), { settings: { pullMs: 100 }, files: undefined })
  const slow = (n: number) => pull(`oci://${registry.name}/app-${n}:1`)
  await expect(slow(0)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' })
  for (let n = 1; n <= 100; n++) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, as apps are opened
    await expect(slow(n)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' })
  }
  expect(registry.asked.length).toBe(1)
  // others are asked, and what is wrong with an app is not wrong with its registry
  for (let n = 1; n <= 2; n++) {
    // oxlint-disable-next-line no-await-in-loop
    await expect(pull(`oci://${other.name}/app:1`)).rejects.toMatchObject({ code: 'ARTIFACT_UNKNOWN' })
  }
  expect(other.asked.length).toBe(2)
})

test('errors name the reference', async ({ expect }) => {
  await using registry = await OwnRegistry.start()
  const path = `oci://${registry.name}/team/app:1`
  const pulled = new Registries().pull(expectReference(path), {
    settings: { digests: true },
    files: undefined,
  })
  await expect(pulled).rejects.toMatchObject({
    code: 'REQUEST_INVALID',
    message: expect.stringContaining(`${path}: expected a reference with @sha256:<digest>`) as string,
  })
  expect(() => expectReference('oci://app')).toThrow('expected oci://<registry>/<repository>')
})
