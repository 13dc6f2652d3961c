export default defineEventHandler((event) => {
  setHeader(event, 'content-type', 'text/html')
  return '<!doctype html><title>About</title><h1>made at build time</h1>'
})
