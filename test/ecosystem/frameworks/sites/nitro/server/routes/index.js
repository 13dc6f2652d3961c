export default defineEventHandler(async (event) => {
  const { greeting } = useRuntimeConfig(event)
  const { VISITS } = event.context.cloudflare.env
  const visits = Number((await VISITS.get('count')) ?? 0)
  setCookie(event, 'seen', 'yes')
  setHeader(event, 'content-type', 'text/html')
  return `<!doctype html><title>Nitro</title><h1>${greeting}</h1><p id="visits">${typeof visits}</p>
<button>count 1</button><script type="module" src="/counter.js"></script><img src="/icon.svg" alt="a picture">
<a href="/about">about</a> <a href="/form">form</a> <a href="/stream">stream</a> <a href="/old">old</a> <a href="/api/echo?q=1">api</a>`
})
