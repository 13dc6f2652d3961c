import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'
import { z } from 'zod'

const call = (method, params) =>
  new Request('http://mcp.test/', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })

async function answer(request, enableJsonResponse) {
  const server = new McpServer({ name: 'sums', version: '1.0.0' })
  const inputSchema = { a: z.number(), b: z.number() }
  server.registerTool('add', { inputSchema }, async ({ a, b }) => ({
    content: [{ type: 'text', text: String(a + b) }],
  }))
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: undefined,
    enableJsonResponse,
  })
  await server.connect(transport)
  const { status, headers, ...response } = await transport.handleRequest(request).then(async (answered) => ({
    status: answered.status,
    headers: answered.headers,
    text: await answered.text(),
  }))
  return [status, headers.get('content-type'), response.text]
}

export default {
  fetch: async () =>
    Response.json([
      await answer(call('tools/call', { name: 'add', arguments: { a: 1, b: 2 } }), true),
      await answer(call('tools/call', { name: 'add', arguments: { a: 'x' } }), true),
      await answer(call('tools/list'), false),
    ]),
}
