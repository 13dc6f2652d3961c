/**
 * A receiver of webhooks: takes a delivery only when its `x-signature-256: sha256=<hex>` header is the HMAC-SHA256
 * of the raw body under the secret that sender and receiver share (`WEBHOOK_SECRET`). `crypto.subtle.verify`
 * compares in constant time.
 *
 *     body='{"event":"push"}'
 *     curl http://webhook.localhost:3000/ -d "$body" \
 *       -H "x-signature-256: sha256=$(printf %s "$body" | openssl dgst -sha256 -hmac example-secret | sed 's/.* //')"
 */

interface Env {
  WEBHOOK_SECRET: string
}

const worker: ExportedHandler<Env> = {
  async fetch(request, env, context) {
    if (request.method === 'GET') return Response.json({ deliver: 'POST with x-signature-256: sha256=<hex>' })
    if (request.method !== 'POST') {
      return Response.json({ error: 'deliver with POST' }, { status: 405, headers: { allow: 'POST' } })
    }
    const signature = parseSignature(request.headers.get('x-signature-256'))
    if (!signature) return Response.json({ error: 'no valid x-signature-256 header' }, { status: 400 })

    const body = new Uint8Array(await request.arrayBuffer())
    if (!(await isGenuine(body, signature, env.WEBHOOK_SECRET))) {
      return Response.json({ error: 'the signature does not fit the body' }, { status: 401 })
    }
    const delivery = parseDelivery(body)
    if (!delivery) return Response.json({ error: 'the body must be JSON with an "event"' }, { status: 422 })

    context.waitUntil(handle(delivery))
    return Response.json({ accepted: delivery.event }, { status: 202 })
  },
}

async function isGenuine(body: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>, secret: string) {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, [
    'verify',
  ])
  return crypto.subtle.verify('HMAC', key, signature, body)
}

/** The bytes of `sha256=<64 hexadecimal digits>`. */
function parseSignature(header: string | null): Uint8Array<ArrayBuffer> | undefined {
  const digits = /^sha256=([0-9a-f]{64})$/i.exec(header ?? '')?.[1]
  if (!digits) return undefined
  const bytes = new Uint8Array(digits.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

function parseDelivery(body: Uint8Array): { event: string } | undefined {
  try {
    const { event } = JSON.parse(new TextDecoder().decode(body)) as { event?: unknown }
    return typeof event === 'string' ? { event } : undefined
  } catch {
    return undefined
  }
}

/** What the delivery is for: it goes on after the sender has its answer. */
async function handle(delivery: { event: string }): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 10))
  console.log(`handled ${delivery.event}`)
}

export default worker
