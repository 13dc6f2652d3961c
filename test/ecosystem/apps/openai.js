import OpenAI from 'openai'

export default {
  async fetch() {
    const client = new OpenAI({
      apiKey: 'k',
      fetch: async (url, init) =>
        Response.json({
          id: '1',
          choices: [{ message: { content: `${url} ${JSON.parse(init.body).model}` } }],
        }),
    })
    const answer = await client.chat.completions.create({
      model: 'm',
      messages: [{ role: 'user', content: 'hi' }],
    })
    return new Response(answer.choices[0].message.content)
  },
}
