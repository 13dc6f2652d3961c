import { describe, test } from 'vitest'

import { resolveMissing, resolvePath } from './resolve.ts'
import type { HtmlHandling } from './manifest.ts'

const FILES = [
  '/index.html',
  '/about.html',
  '/docs/index.html',
  '/docs/a.html',
  '/404.html',
  '/docs/404.html',
  '/x.js',
  '/both.html',
  '/both/index.html',
  '/bin',
  '/odd/.html',
  '/index/index.html',
  '/deep/index/index.html',
]

function resolve(htmlHandling: HtmlHandling, path: string): string {
  const found = resolvePath({ has: (name) => FILES.includes(name), htmlHandling }, path)
  return found === undefined ? 'none' : `${found.type === 'redirect' ? '>' : ''}${found.path}`
}

describe('which file a path means', () => {
  test.for<[HtmlHandling, string, string]>([
    ['auto-trailing-slash', '/', '/index.html'],
    ['auto-trailing-slash', '/index', '>/'],
    ['auto-trailing-slash', '/index.html', '>/'],
    ['auto-trailing-slash', '/about', '/about.html'],
    ['auto-trailing-slash', '/about/', '>/about'],
    ['auto-trailing-slash', '/about.html', '>/about'],
    ['auto-trailing-slash', '/about/index', '>/about'],
    ['auto-trailing-slash', '/about/index.html', '>/about'],
    ['auto-trailing-slash', '/docs', '>/docs/'],
    ['auto-trailing-slash', '/docs/', '/docs/index.html'],
    ['auto-trailing-slash', '/docs.html', '>/docs/'],
    ['auto-trailing-slash', '/docs/index.html', '>/docs/'],
    ['auto-trailing-slash', '/both', '/both.html'],
    ['auto-trailing-slash', '/both/', '/both/index.html'],
    ['auto-trailing-slash', '/both.html', '>/both'],
    ['auto-trailing-slash', '/x.js', '/x.js'],
    ['auto-trailing-slash', '/bin/', 'none'],
    ['auto-trailing-slash', '/nothing', 'none'],
    ['force-trailing-slash', '/', '/index.html'],
    ['force-trailing-slash', '/about', '>/about/'],
    ['force-trailing-slash', '/about/', '/about.html'],
    ['force-trailing-slash', '/about.html', '>/about/'],
    ['force-trailing-slash', '/docs', '>/docs/'],
    ['force-trailing-slash', '/docs/index.html', '>/docs/'],
    ['force-trailing-slash', '/index.html', '>/'],
    ['force-trailing-slash', '/x.js', '/x.js'],
    ['drop-trailing-slash', '/', '/index.html'],
    ['drop-trailing-slash', '/index', '>/'],
    ['drop-trailing-slash', '/index.html', '>/'],
    ['drop-trailing-slash', '/about/', '>/about'],
    ['drop-trailing-slash', '/about.html', '>/about'],
    ['drop-trailing-slash', '/docs', '/docs/index.html'],
    ['drop-trailing-slash', '/docs/', '>/docs'],
    ['drop-trailing-slash', '/docs/index.html', '>/docs'],
    ['drop-trailing-slash', '/docs/index', '>/docs'],
    ['auto-trailing-slash', '/index/', '/index/index.html'],
    ['auto-trailing-slash', '/odd/', '/odd/.html'],
    ['auto-trailing-slash', '/deep/index', '>/deep/index/'],
    ['force-trailing-slash', '/deep/index/index', '>/deep/index/'],
    ['force-trailing-slash', '/odd/', 'none'],
    ['drop-trailing-slash', '/odd/', '/odd/.html'],
    ['drop-trailing-slash', '/odd/.html', '>/odd/'],
    ['drop-trailing-slash', '/deep/index', '/deep/index/index.html'],
    ['drop-trailing-slash', '/deep/index/', '>/deep/index'],
    ['none', '/', 'none'],
    ['none', '/about', 'none'],
    ['none', '/about.html', '/about.html'],
  ])('%s: %s is %s', ([handling, path, expected], { expect }) => {
    expect(resolve(handling, path)).toBe(expected)
  })

  test.for<[string, string | undefined]>([
    ['/docs/deep/x', '/docs/404.html'],
    ['/docs/', '/docs/404.html'],
    ['/elsewhere', '/404.html'],
    ['/', '/404.html'],
  ])('what is missing below %s has the page %s', ([path, page], { expect }) => {
    const has = (name: string) => FILES.includes(name)
    expect(resolveMissing({ has }, path, '404-page')?.path).toBe(page)
    expect(resolveMissing({ has }, path, 'single-page-application')?.path).toBe('/index.html')
    expect(resolveMissing({ has }, path, 'none')).toBe(undefined)
  })
})
