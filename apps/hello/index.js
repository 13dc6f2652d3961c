// The smallest Worker there is: plain JavaScript, one sentence.

export default {
  fetch() {
    return new Response('Hello from NANO!\n')
  },
}
