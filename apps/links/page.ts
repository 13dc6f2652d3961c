/** The pages of the shortener. */

interface Listed {
  readonly name: string
  readonly expiration?: number
  readonly metadata?: { readonly made: string }
}

export function formPage(): string {
  return page(`
    <form method="post">
      <label>Address <input name="url" type="url" required placeholder="https://"></label>
      <label>Days <input name="days" type="number" value="30" min="1" max="366"></label>
      <button>Shorten</button>
    </form>
    <p><a href="/links">All links</a></p>`)
}

/** `next`: where the following page begins. */
export function listPage(links: readonly Listed[], next: string | undefined): string {
  const rows = links.map(
    ({ name, metadata, expiration }) =>
      `<tr><td><a href="/${name}">${name}</a><td>${metadata?.made ?? ''}<td>${toDay(expiration)}`,
  )
  const more = next === undefined ? '' : `<p><a href="/links?cursor=${next}">More</a></p>`
  return page(`<table><tr><th>Link<th>Made<th>Until${rows.join('')}</table>${more}`)
}

function toDay(seconds: number | undefined): string {
  return seconds === undefined ? '' : new Date(seconds * 1000).toISOString().slice(0, 10)
}

function page(content: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Links</title><h1>Links</h1>${content}`
}
