import * as Sentry from '@sentry/cloudflare'

export default Sentry.withSentry(() => ({ dsn: undefined }), {
  fetch: () => new Response('watched'),
})
