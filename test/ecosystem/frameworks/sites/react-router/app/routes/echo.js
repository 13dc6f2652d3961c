export const loader = ({ request }) => Response.json({ q: new URL(request.url).searchParams.get('q') })
export const action = async ({ request }) => new Response(await request.text(), { status: 202 })
