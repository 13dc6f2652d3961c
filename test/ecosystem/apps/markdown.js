import { marked } from 'marked'
import MarkdownIt from 'markdown-it'

const text = '# Hi\n\n- a **b**\n- `c`\n'

export default { fetch: () => new Response(marked.parse(text) + new MarkdownIt().render(text)) }
