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
    ['/:a-:b', '/1-2-3', { a: '1-2', b: '3' }],
    ['/:a-:b', '/1-', undefined],
    ['/:a:b', '/xyz', { a: 'xy', b: 'z' }],
    ['/x:a', '/x', undefined],
    ['/*', '', undefined],
    ['/', '/', {}],
  ])('%s on %s', ([pattern, path, expected], { expect }) => {
    expect(parsePathPattern(pattern)!(path)).toEqual(expected)
  })

  test('a name in a host has one label of it', ({ expect }) => {
    const matches = parsePathPattern('https://:shop.example.test/*', true)!
    expect(matches('https://a.example.test/x')).toEqual({ shop: 'a', splat: 'x' })
    expect(matches('https://a.b.example.test/x')).toBe(undefined)
  })

  test.for(['/*/*', '/:a*', '/:a/:a', '/**', '/:splat/*'])('%s is none', (pattern, { expect }) => {
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
  X-Empty:
/*/*
  X-A: 9
/ü/*
X-Written-At: the margin
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
    const encoded = new Map<string, string>()
    applyHeaderRules(rules, { host: 'a.test', path: '/%C3%BC/x' }, encoded)
    expect([...encoded]).toEqual([['x-written-at', 'the margin']])
    expect(warnings).toEqual([
      '_headers:11: expected "Name: value" or "! Name", got "bad name: x"',
      '_headers:12: expected "Name: value" or "! Name", got "X-Empty:"',
      '_headers:13: expected a path with at most one "*", and each ":name" once, got "/*/*"',
    ])
  })

  test('a rule takes away before it gives; the last one of a path counts', ({ expect }) => {
    const { rules, warnings } = parseHeaderRules(
      'X-Early: 1\n/a\n  X: 1\n  ! X\n/*\n  X: 2\n  ! Y\n/b\n  Z: 1\n/b\n  Z: 2\nhttps://a.test:80/*\n  Q: 1',
    )
    const headers = new Map([['y', '1']])
    applyHeaderRules(rules, { host: 'a.test', path: '/a' }, headers)
    expect([...headers]).toEqual([['x', '1, 2']])
    const others = new Map<string, string>()
    applyHeaderRules(rules, { host: 'a.test', path: '/b' }, others)
    expect([...others]).toEqual([
      ['x', '2'],
      ['z', '2'],
    ])
    expect(warnings.map((text) => text.split(':')[1])).toEqual(['1', '10', '12'])
  })

  test('a hundred rules and no more', ({ expect }) => {
    const { rules, warnings } = parseHeaderRules(
      Array.from({ length: 101 }, (_, i) => `/${i}\n  X: 1\n`).join(''),
    )
    expect([rules.length, warnings.length]).toEqual([100, 1])
  })
})

describe('_redirects', () => {
  const rules = parseRedirectRules(
    [
      '/old /new 301',
      '/q?x=1 /a/../b',
      'relative /with#part',
      '/here https://a.test/there?x=1',
      '/blog/* https://blog.test/:splat 302 # moved',
      '/u/:id /users?id=:id',
      '/app/* /shell.html 200',
      '/out/* /:splat',
      '/d/:y-:m /archive/:m/:y 303',
      '/blog/x /never',
      '/ü /umlaut',
      '/after /fixed',
    ].join('\n'),
  )

  test.for<[string, string, string | undefined]>([
    ['/old', '', '301 /new'],
    ['/old', '?a=1', '301 /new?a=1'],
    ['/q', '', '302 /b'],
    ['/relative', '?a', '302 /with?a#part'],
    ['/here', '?a', '302 /there?x=1'],
    ['/blog/2026/x', '', '302 https://blog.test/2026/x'],
    ['/blog/2026', '?a=1', '302 https://blog.test/2026?a=1'],
    ['/blog/x', '', '302 https://blog.test/x'],
    ['/u/7', '?a=1', '302 /users?id=7'],
    ['/app/deep/er', '', '200 /shell.html'],
    ['/out//evil.test', '', '302 /evil.test'],
    ['/out/%2F%2Fevil.test', '', '302 /%2F%2Fevil.test'],
    ['/d/2026-11-26', '', '303 /archive/26/2026-11'],
    ['/%C3%BC', '', '302 /umlaut'],
    ['/after', '', '302 /fixed'],
    ['/none', '', undefined],
  ])('%s%s', ([path, search, expected], { expect }) => {
    const found = findRedirect(rules, path, search, `http://a.test${path}${search}`)
    // of the same origin, whatever the rule says
    const other = findRedirect(rules, path, search, `https://a.test${path}${search}`)
    expect(found && `${found.status} ${found.to}`).toBe(
      path === '/here' ? '302 https://a.test/there?x=1' : expected,
    )
    expect(other && `${other.status} ${other.to}`).toBe(expected)
  })

  test.for([
    'nonsense',
    '/a /b 404',
    '/x //evil.test',
    '/x /\\evil.test',
    '/same /same',
    '/p https://x.test 200',
    'https://a.test/x /y',
    '/a ftp://x.test',
    '/a b c d',
    '/*/* /x',
    '/:a/:a /x',
    '/* /index.html 200',
    '/app/* /index 301',
    '/ /index.html',
    `/a /${'x'.repeat(2000)}`,
  ])('a line that says nothing is told: %s', (line, { expect }) => {
    const { fixed, dynamic, warnings } = parseRedirectRules(`# comment\n${line}`)
    expect([fixed.size, dynamic.length, warnings.length]).toEqual([0, 0, 1])
    expect(warnings[0]).toMatch(/^_redirects:2: /)
  })

  test('the first rule of a path counts, and so many of them', ({ expect }) => {
    const twice = parseRedirectRules('/a /b\n/a /c\n/*  /x\n/* /y')
    expect([twice.fixed.get('/a')?.to, twice.dynamic.length, twice.warnings.length]).toEqual(['/b', 1, 2])
    const lines = (count: number, from: (i: number) => string) =>
      Array.from({ length: count }, (_, i) => `${from(i)} /to`).join('\n')
    const { fixed, dynamic, warnings } = parseRedirectRules(
      `${lines(2001, (i) => `/${i}`)}\n${lines(101, (i) => `/${i}/*`)}\n`,
    )
    expect([fixed.size, dynamic.length, warnings.length]).toEqual([2000, 100, 2])
  })

  test('without other paths for pages the root may lead to its file', ({ expect }) => {
    expect(parseRedirectRules('/ /index.html', false).warnings).toEqual([])
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
