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
  const exact = () => file(path)
  if (htmlHandling === 'none') return exact()
  const find = FINDERS[htmlHandling]
  return find({ path, exact, file, redirect, cut: (end) => path.slice(0, path.length - end.length) })
}

/** What a path is looked up with. */
interface Search {
  readonly path: string
  readonly exact: () => Resolved | undefined
  readonly file: (name: string) => Resolved | undefined
  readonly redirect: (name: string, to: string) => Resolved | undefined
  /** The path without its end. */
  readonly cut: (end: string) => string
}

/** First what the end of the path says, then what is there for every path. */
const FINDERS: Readonly<Record<Exclude<HtmlHandling, 'none'>, (search: Search) => Resolved | undefined>> = {
  'auto-trailing-slash'({ path, exact, file, redirect, cut }) {
    const first = () => {
      if (path.endsWith(INDEX)) {
        const [folder, page] = [cut('index'), cut(INDEX)]
        return exact() ?? redirect(path + HTML, folder) ?? redirect(page + HTML, page)
      }
      if (path.endsWith(INDEX_HTML)) {
        const page = cut(INDEX_HTML)
        return redirect(path, `${page}/`) ?? redirect(page + HTML, page)
      }
      if (path.endsWith('/')) return file(`${path}index.html`) ?? redirect(cut('/') + HTML, cut('/'))
      if (!path.endsWith(HTML)) return undefined
      const page = cut(HTML)
      return redirect(path, page) ?? redirect(page + INDEX_HTML, `${page}/`)
    }
    return first() ?? exact() ?? file(path + HTML) ?? redirect(path + INDEX_HTML, `${path}/`)
  },

  'force-trailing-slash'({ path, exact, file, redirect, cut }) {
    const first = () => {
      if (path.endsWith(INDEX)) {
        const folder = cut('index')
        return exact() ?? redirect(path + HTML, folder) ?? redirect(cut(INDEX) + HTML, folder)
      }
      if (path.endsWith(INDEX_HTML)) {
        const folder = cut('index.html')
        return redirect(path, folder) ?? redirect(cut(INDEX_HTML) + HTML, folder)
      }
      if (path.endsWith('/')) return file(`${path}index.html`) ?? file(cut('/') + HTML)
      if (!path.endsWith(HTML)) return undefined
      const page = cut(HTML)
      return redirect(path, `${page}/`) ?? exact() ?? redirect(page + INDEX_HTML, `${page}/`)
    }
    const found = first() ?? exact()
    // with another slash it would be this one again
    if (found !== undefined || path.endsWith('/')) return found
    return redirect(path + HTML, `${path}/`) ?? redirect(path + INDEX_HTML, `${path}/`)
  },

  'drop-trailing-slash'({ path, exact, file, redirect, cut }) {
    const first = () => {
      if (path === '/') return file(INDEX_HTML)
      if (path === INDEX) return exact() ?? redirect(INDEX_HTML, '/')
      if (path === INDEX_HTML) return redirect(INDEX_HTML, '/')
      if (path.endsWith(INDEX)) {
        const page = cut(INDEX)
        return exact() ?? redirect(page + HTML, page) ?? redirect(path + HTML, page)
      }
      if (path.endsWith(INDEX_HTML)) {
        const page = cut(INDEX_HTML)
        return redirect(path, page) ?? exact() ?? redirect(page + HTML, page)
      }
      if (!path.endsWith('/') && !path.endsWith(HTML)) return undefined
      const page = cut(path.endsWith('/') ? '/' : HTML)
      return redirect(page + HTML, page) ?? redirect(page + INDEX_HTML, page)
    }
    return first() ?? exact() ?? file(path + HTML) ?? file(path + INDEX_HTML)
  },
}
