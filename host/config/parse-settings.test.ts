/** What a deploy may say of its app. */
import { test } from 'vitest'

import { parseSettings } from './parse-settings.ts'
import { parseConfig } from './parse.ts'

const deploy = (settings: unknown) => parseSettings({ name: 'shop', hostname: 'shop.test', settings })

test('a deploy names its data as nano.json does, and means the same', ({ expect }) => {
  const kv_namespaces = [{ binding: 'LINKS', id: 'links' }]
  const text = JSON.stringify({ apps: [{ name: 'shop', path: 'a', kv_namespaces }] })
  expect(deploy({ kv_namespaces }).env).toEqual(parseConfig(text, 'nano.json').apps[0]!.env)
})

test('a deploy cannot share data with other apps', ({ expect }) => {
  expect(() => deploy({ kv_namespaces: [{ binding: 'LINKS', id: 'links', shared: true }] })).toThrow(
    /kv_namespaces\[0\]: unknown key "shared"/,
  )
})
