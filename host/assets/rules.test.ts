import { describe, test } from 'vitest'

import { applyHeaderRules, parseHeaderRules } from './header-rules.ts'
import { parsePathPattern } from './path-pattern.ts'
import { findRedirect, parseRedirectRules } from './redirect-rules.ts'
import { toOrder } from './run-first.ts'

describe('patterns of paths', () => {
  test.for<[string, string, Record<string, string> | undefined]>([
    ['/a/*', '/a/b/c', { splat: 'b/c' }],
    ['/a/*', '/a/', { splat: '' }],
    ['/a/*', '/a', undefined],
    ['/a*', '/abc/d', { splat: 'bc/d' }],
    ['/*.js', '/x/y.js', { splat: 'x/y' }],
    ['/*/end', '/a/b/end', { splat: 'a/b' }],
    ['/news/:year/:slug.html', '/news/2026/hi.html', { year: '2026', slug: 'hi' }],
    ['/news/:year', '/news/', undefined],
    ['/news/:year', '/news/a/b', undefined],
    ['/:a/x/*', '/1/x/2/3', { a: '1', splat: '2/3' }],
    ['/', '/', {}],
  ])('%s on %s', ([pattern, path, expected], { expect }) => {
    expect(parsePathPattern(pattern)!(path)).toEqual(expected)
  })

  test.for(['/*/*', '/:a:b', '/:a*', '/:a-:b'])('%s is none', (pattern, { expect }) => {
    expect(parsePathPattern(pattern)).toBe(undefined)
  })
})

describe('_headers', () => {
  const text = `
# comment
/static/*
  Cache-Control: public, max-age=31536000
  X-A: 1
/static/:name.js
  X-A: of :name
  ! ETag
https://other.test/*
  X-Host: yes
  bad name: x
:odd
  X-A: 9
`

  test('the first rule takes the place of what was there, further ones add to it', ({ expect }) => {
    const { rules, warnings } = parseHeaderRules(text)
    const headers = new Map([
      ['cache-control', 'no-cache'],
      ['etag', '"1"'],
    ])
    applyHeaderRules(rules, { host: 'a.test', path: '/static/app.js' }, headers)
    expect([...headers]).toEqual([
      ['cache-control', 'public, max-age=31536000'],
      ['x-a', '1, of app'],
    ])
    const others = new Map<string, string>()
    applyHeaderRules(rules, { host: 'other.test', path: '/' }, others)
    expect([...others]).toEqual([['x-host', 'yes']])
    expect(warnings).toEqual([
      '_headers:11: expected "Name: value" or "! Name", got "bad name: x"',
      '_headers:12: expected a path with at most one "*", and one ":name" in a segment, got ":odd"',
    ])
  })

  test('a hundred rules and no more', ({ expect }) => {
    const { rules, warnings } = parseHeaderRules('/a\n  X: 1\n'.repeat(101))
    expect([rules.length, warnings.length]).toEqual([100, 1])
  })
})

describe('_redirects', () => {
  const rules = parseRedirectRules(
    '/old /new 301\n/blog/* https://blog.test/:splat 302 # moved\n/u/:id /users?id=:id\n/app/* /index.html 200\n' +
      '/out/* /:splat\n/blog/x /static-first 308\nnonsense\n/a /b 404\n/x //evil.test\n/same /same\n/p https://x.test 200\n',
  )

  test.for<[string, string, string | undefined]>([
    ['/old', '', '301 /new'],
    ['/old', '?a=1', '301 /new?a=1'],
    ['/blog/2026/x', '', '302 https://blog.test/2026/x'],
    ['/blog/x', '', '308 /static-first'],
    ['/u/7', '?a=1', '302 /users?id=7'],
    ['/app/deep/er', '', '200 /index.html'],
    ['/out//evil.test', '', '302 /evil.test'],
    ['/none', '', undefined],
  ])('%s%s', ([path, search, expected], { expect }) => {
    const found = findRedirect(rules, path, search)
    expect(found && `${found.status} ${found.to}`).toBe(expected)
  })

  test('lines that say nothing are told', ({ expect }) => {
    expect(rules.warnings.map((text) => text.split(':')[1])).toEqual(['7', '8', '9', '10', '11'])
  })
})

test.for<[boolean | string[], string, string]>([
  [true, '/x', 'app'],
  [false, '/x', 'either'],
  [['/api/*', '!/api/docs/*'], '/api/x', 'app'],
  [['/api/*', '!/api/docs/*'], '/api/docs/x', 'assets'],
  [['/api/*', '!/api/docs/*'], '/x', 'either'],
  [['/*/a*b'], '/1/2/axb', 'app'],
  [['/*/a*b'], '/1/ab', 'app'],
  [['/ab*ba'], '/aba', 'either'],
])('run_worker_first %j: %s is for %s', ([first, path, order], { expect }) => {
  expect(toOrder(first, path)).toBe(order)
})
