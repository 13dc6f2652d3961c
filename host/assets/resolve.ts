/**
 * Which file a path means, by the rules for HTML pages that Workers have: `/about` is `about.html` or `about/index.html`,
 * with one of the two spellings of a page redirected to the other. Nothing is looked up but the names of a manifest. Pure.
 */

import type { HtmlHandling, NotFoundHandling } from './manifest.ts'

/** What a path leads to; a redirect is to a path, decoded. */
export type Resolved =
  | { readonly type: 'file'; readonly path: string; readonly status: 200 | 404 }
  | { readonly type: 'redirect'; readonly path: string }

export interface Rules {
  readonly has: (path: string) => boolean
  readonly htmlHandling: HtmlHandling
}

const INDEX = '/index'
const INDEX_HTML = '/index.html'
const HTML = '.html'

/** `path`: decoded. Undefined: nothing is there. */
export function resolvePath(rules: Rules, path: string): Resolved | undefined {
  return resolve(rules, path, true)
}

/** The page for what is not there. */
export function resolveMissing(
  { has }: Pick<Rules, 'has'>,
  path: string,
  handling: NotFoundHandling,
): Resolved | undefined {
  if (handling === 'single-page-application') {
    return has(INDEX_HTML) ? { type: 'file', path: INDEX_HTML, status: 200 } : undefined
  }
  if (handling === 'none') return undefined
  // the nearest one up the path
  for (let folder = path; folder !== '';) {
    folder = folder.slice(0, folder.lastIndexOf('/'))
    if (has(`${folder}/404.html`)) return { type: 'file', path: `${folder}/404.html`, status: 404 }
  }
  return undefined
}

function resolve(rules: Rules, path: string, mayRedirect: boolean): Resolved | undefined {
  const { has, htmlHandling } = rules
  const file = (name: string): Resolved | undefined =>
    has(name) ? { type: 'file', path: name, status: 200 } : undefined
  /** To the spelling under which the same file is given, and no other one. */
  const redirect = (name: string, to: string): Resolved | undefined => {
    if (!mayRedirect || !has(name) || has(to)) return undefined
    const there = resolve(rules, to, false)
    return there?.path === name ? { type: 'redirect', path: to } : undefined
  }
  const cut = (end: string, rest = ''): string => path.slice(0, path.length - end.length) + rest
  const exact = () => file(path)
  const isRoot = path === '/' || path === INDEX || path === INDEX_HTML
  switch (htmlHandling) {
    case 'none':
      return exact()
    case 'auto-trailing-slash': {
      if (path.endsWith(INDEX)) {
        return (
          exact() ??
          redirect(path + HTML, cut(INDEX, '/')) ??
          redirect(cut(INDEX, HTML), cut(INDEX)) ??
          page()
        )
      }
      if (path.endsWith(INDEX_HTML)) {
        return (
          redirect(path, cut(INDEX_HTML, '/')) ?? redirect(cut(INDEX_HTML, HTML), cut(INDEX_HTML)) ?? exact()
        )
      }
      if (path.endsWith('/')) return file(`${path}index.html`) ?? redirect(cut('/', HTML), cut('/'))
      if (path.endsWith(HTML)) {
        const found = redirect(path, cut(HTML)) ?? redirect(cut(HTML, INDEX_HTML), cut(HTML, '/'))
        if (found !== undefined) return found
      }
      return page()
    }
    case 'force-trailing-slash': {
      if (path.endsWith(INDEX)) {
        return (
          exact() ?? redirect(path + HTML, cut(INDEX, '/')) ?? redirect(cut(INDEX, HTML), cut(INDEX, '/'))
        )
      }
      if (path.endsWith(INDEX_HTML)) {
        return (
          redirect(path, cut(INDEX_HTML, '/')) ??
          redirect(cut(INDEX_HTML, HTML), cut(INDEX_HTML, '/')) ??
          exact()
        )
      }
      if (path.endsWith('/')) return file(`${path}index.html`) ?? file(cut('/', HTML))
      if (path.endsWith(HTML)) {
        return redirect(path, cut(HTML, '/')) ?? exact() ?? redirect(cut(HTML, INDEX_HTML), cut(HTML, '/'))
      }
      return exact() ?? redirect(path + HTML, `${path}/`) ?? redirect(path + INDEX_HTML, `${path}/`)
    }
    default: {
      if (isRoot) {
        if (path === '/') return file(INDEX_HTML)
        return (path === INDEX ? exact() : undefined) ?? redirect(INDEX_HTML, '/') ?? exact()
      }
      if (path.endsWith(INDEX)) {
        return exact() ?? redirect(cut(INDEX, HTML), cut(INDEX)) ?? redirect(path + HTML, cut(INDEX))
      }
      if (path.endsWith(INDEX_HTML)) {
        return redirect(path, cut(INDEX_HTML)) ?? exact() ?? redirect(cut(INDEX_HTML, HTML), cut(INDEX_HTML))
      }
      if (path.endsWith('/'))
        return redirect(cut('/', HTML), cut('/')) ?? redirect(cut('/', INDEX_HTML), cut('/'))
      if (path.endsWith(HTML)) {
        const found = redirect(path, cut(HTML)) ?? redirect(cut(HTML, INDEX_HTML), cut(HTML))
        if (found !== undefined) return found
      }
      return exact() ?? file(path + HTML) ?? file(path + INDEX_HTML)
    }
  }

  function page(): Resolved | undefined {
    return exact() ?? file(path + HTML) ?? redirect(path + INDEX_HTML, `${path}/`)
  }
}
