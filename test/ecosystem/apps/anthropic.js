import Anthropic from '@anthropic-ai/sdk'

export default {
  async fetch() {
    const client = new Anthropic({
      apiKey: 'k',
      fetch: async (url) => Response.json({ content: [{ type: 'text', text: String(url) }] }),
    })
    const { content } = await client.messages.create({
      model: 'm',
      max_tokens: 5,
      messages: [{ role: 'user', content: 'hi' }],
    })
    return new Response(content[0].text)
  },
}
