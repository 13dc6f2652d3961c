/**
 * A site of Markdown pages: each is rendered when somebody asks for it, and given again by the response cache for as long as
 * its Cache-Control says. Style sheet and pictures are assets, which never get here.
 */

import { marked } from 'marked'

import cache from './posts/cache.md?raw'
import hello from './posts/hello.md?raw'

const posts = new Map([
  ['/hello', hello],
  ['/cache', cache],
])

const KEPT = 'public, s-maxage=60, stale-while-revalidate=600'

export default {
  fetch(request: Request): Response {
    const { pathname } = new URL(request.url)
    if (pathname === '/') return toPage('Posts', toList())
    const text = posts.get(pathname)
    if (text === undefined) return toPage('Nothing here', '<p>There is no such post.</p>', 404)
    return toPage(toTitle(text), marked.parse(text, { async: false }))
  },
}

function toPage(title: string, body: string, status = 200): Response {
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${title}</title>
<link rel="stylesheet" href="/style.css">
<main>${body}
<footer>Rendered at ${new Date().toISOString()}</footer></main>
</html>
`
  const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': KEPT, 'Cache-Tag': 'posts' }
  return new Response(html, { status, headers })
}

/** All posts, one below the other. */
function toList(): string {
  const articles = Array.from(posts, ([path, text]) => {
    const body = marked.parse(text, { async: false })
    return `<article>${body}<p><a href="${path}">Only this</a></p></article>`
  })
  return articles.join('')
}

function toTitle(text: string): string {
  return /^# (.+)$/m.exec(text)?.[1] ?? 'A post'
}
