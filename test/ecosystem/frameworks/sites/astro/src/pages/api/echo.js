export const prerender = false

export const GET = ({ url }) =>
  Response.json({ q: url.searchParams.get('q') }, { headers: { 'cache-control': 'no-store' } })
export const PUT = async ({ request }) => new Response(await request.text(), { status: 202 })
