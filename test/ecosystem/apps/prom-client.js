import { Counter, Registry } from 'prom-client'

export default {
  async fetch() {
    const registry = new Registry()
    const counter = new Counter({
      name: 'asked',
      help: 'Requests',
      labelNames: ['path'],
      registers: [registry],
    })
    counter.inc({ path: '/' }, 2)
    return new Response(await registry.metrics())
  },
}
