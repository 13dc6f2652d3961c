import { read } from '$app/server'
import picture from '$lib/picture.svg?url&no-inline'

export async function GET({ url, getClientAddress }) {
  if (url.searchParams.has('file')) return read(picture)
  return Response.json({ q: url.searchParams.get('q'), address: typeof getClientAddress() })
}
export const PUT = async ({ request }) => new Response(await request.text(), { status: 202 })
