export default defineEventHandler((event) => {
  setHeader(event, 'content-type', 'text/html')
  const encoder = new TextEncoder()
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(encoder.encode('<!doctype html><title>Stream</title><p>waiting</p>'))
      await new Promise((resolve) => setTimeout(resolve, 20))
      controller.enqueue(encoder.encode('<p id="later">streamed</p>'))
      controller.close()
    },
  })
})
