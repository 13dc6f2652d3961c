import { test } from 'vitest'

import { toContentType } from './site.ts'

test.for<[string, string]>([
  ['/index.html', 'text/html; charset=utf-8'],
  ['/a/b.JS', 'text/javascript; charset=utf-8'],
  ['/module.mjs', 'text/javascript; charset=utf-8'],
  ['/favicon.ico', 'image/vnd.microsoft.icon'],
  ['/report.xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['/site.webmanifest', 'application/manifest+json'],
  ['/app.js.map', 'application/json'],
  ['/logo.svg', 'image/svg+xml'],
  ['/robots.txt', 'text/plain; charset=utf-8'],
  ['/.well-known/html', 'application/octet-stream'],
  ['/name.of-nothing', 'application/octet-stream'],
])('a file %s is of the type %s', ([path, type], { expect }) => {
  expect(toContentType(path)).toBe(type)
})
