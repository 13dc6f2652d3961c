import hljs from 'highlight.js'
import MiniSearch from 'minisearch'
import Prism from 'prismjs'
import sanitizeHtml from 'sanitize-html'

export default {
  fetch() {
    const search = new MiniSearch({ fields: ['text'], storeFields: ['text'] })
    search.addAll([
      { id: 1, text: 'Zen and the art' },
      { id: 2, text: 'Moby Dick' },
    ])
    return Response.json([
      sanitizeHtml('<p onclick=x>a<script>1</script><a href="javascript:1">b</a></p>'),
      hljs.highlight('const a = 1 // x', { language: 'js' }).value,
      // one of its expressions is composed of another one's source
      hljs.highlight('def f(ä):\n  return ä', { language: 'python' }).value,
      hljs.listLanguages().length > 100,
      hljs.highlightAuto('SELECT * FROM users WHERE id = 1').language,
      Prism.highlight('let x = "a"', Prism.languages.javascript, 'javascript'),
      search.search('moby', { fuzzy: 0.4 }).map(({ id, text }) => [id, text]),
      search.autoSuggest('mo').map(({ suggestion }) => suggestion),
    ])
  },
}
