import { marked } from 'marked'

const section = `## A heading

A paragraph with *emphasis*, **strong words**, \`code\` and [a link](https://example.com/).

- one
- two
  - three

| a | b |
| - | - |
| 1 | 2 |

\`\`\`js
const answer = 42
\`\`\`
`
const text = section.repeat(Math.ceil(10_000 / section.length))

export default {
  fetch() {
    return new Response(marked.parse(text), { headers: { 'content-type': 'text/html' } })
  },
}
