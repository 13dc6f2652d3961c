/** What a visitor sees. Everything that somebody wrote is shown as text. */

export interface Entry {
  readonly name: string
  readonly message: string
  readonly written_at: string
}

export function toPage(entries: readonly Entry[]): string {
  return `<!doctype html>
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Guestbook</title>
<style>body { font: 16px/1.5 system-ui; max-width: 40rem; margin: 2rem auto; padding: 0 1rem } textarea { width: 100% }</style>
<h1>Guestbook</h1>
<form method="post" action="/">
  <p><label>Name<br><input name="name" required maxlength="500"></label></p>
  <p><label>Message<br><textarea name="message" rows="3" required maxlength="500"></textarea></label></p>
  <p><button>Write</button></p>
</form>
${entries.map(toArticle).join('\n')}
`
}

const toArticle = ({ name, message, written_at: at }: Entry): string =>
  `<article><h2>${toText(name)}</h2><p>${toText(message)}</p><small>${toText(at)}</small></article>`

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const toText = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
