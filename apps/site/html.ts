/**
 * HTML from template literals: every value is escaped unless it is markup that this function made.
 */

class Markup {
  readonly markup: string

  constructor(markup: string) {
    this.markup = markup
  }
}

export function html(parts: TemplateStringsArray, ...values: (string | Markup | Markup[])[]): Markup {
  let markup = parts[0] ?? ''
  for (const [i, value] of values.entries()) markup += toMarkup(value) + (parts[i + 1] ?? '')
  return new Markup(markup)
}

function toMarkup(value: string | Markup | Markup[]): string {
  if (Array.isArray(value)) return value.map((item) => item.markup).join('')
  return value instanceof Markup ? value.markup : escapeHtml(value)
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
