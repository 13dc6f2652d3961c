import { parseHTML } from 'linkedom'
import { Liquid } from 'liquidjs'
import rehypeStringify from 'rehype-stringify'
import remarkParse from 'remark-parse'
import remarkRehype from 'remark-rehype'
import { createHighlighterCore } from 'shiki/core'
import { createJavaScriptRegexEngine } from 'shiki/engine/javascript'
import javascript from 'shiki/langs/javascript.mjs'
import nord from 'shiki/themes/nord.mjs'
import { unified } from 'unified'

const highlighter = createHighlighterCore({
  themes: [nord],
  langs: [javascript],
  engine: createJavaScriptRegexEngine(),
})
const template = '{% for i in (1..3) %}{{ i | times: 2 }},{% endfor %}{{ "a" | upcase }}'

function edit() {
  const { document } = parseHTML('<html><body><p class="a">x</p></body></html>')
  document.querySelector('p.a').textContent = '<y>'
  return document.toString()
}

export default {
  fetch: async () =>
    Response.json([
      edit(),
      await new Liquid().parseAndRender(template),
      String(await unified().use(remarkParse).use(remarkRehype).use(rehypeStringify).process('# a\n\n* b')),
      (await highlighter).codeToHtml('const a = 1', { lang: 'javascript', theme: 'nord' }),
    ]),
}
