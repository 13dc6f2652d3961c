/** The page that lists what is there, and takes files that are dropped on it. */

interface Listed {
  readonly key: string
  readonly size: number
  readonly uploaded: Date
}

const SCRIPT = `
  const put = async (files) => {
    for (const file of files)
      await fetch('/' + encodeURIComponent(file.name), { method: 'PUT', body: file })
    location.reload()
  }
  addEventListener('dragover', (event) => event.preventDefault())
  addEventListener('drop', (event) => { event.preventDefault(); put(event.dataTransfer.files) })
  document.querySelector('input').addEventListener('change', (event) => put(event.target.files))
`

/** `next`: there are more behind this one. */
export function page(files: readonly Listed[], next: string | undefined): string {
  const rows = files.map(({ key, size, uploaded }) => {
    const href = `/${encodeURIComponent(key)}`
    return `<tr><td><a href="${href}">${escape(key)}</a></td><td>${size}</td><td>${uploaded.toISOString()}</td></tr>`
  })
  const more = next === undefined ? '' : `<p><a href="/?after=${encodeURIComponent(next)}">More</a></p>`
  return `<!doctype html><html lang="en"><title>File drop</title>
<h1>File drop</h1><p>Drop files anywhere, or choose some: <input type="file" multiple></p>
<table><tr><th>Name</th><th>Bytes</th><th>Since</th></tr>${rows.join('')}</table>${more}
<script>${SCRIPT}</script></html>`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escape(text: string): string {
  return text.replaceAll(/[&<>"]/g, (each) => ENTITIES[each] ?? each)
}
