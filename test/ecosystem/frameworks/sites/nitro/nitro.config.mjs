import { defineNitroConfig } from 'nitropack/config'

export default defineNitroConfig({
  preset: 'cloudflare_module',
  compatibilityDate: '2026-10-12',
  srcDir: 'server',
  publicAssets: [{ dir: '../public' }],
  cloudflare: { deployConfig: true, nodeCompat: true },
  runtimeConfig: { greeting: 'of the build' },
  prerender: { routes: ['/about'] },
  routeRules: { '/old': { redirect: '/about' }, '/api/**': { headers: { 'x-robots-tag': 'noindex' } } },
})
