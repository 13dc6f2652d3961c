import cloudflare from '@astrojs/cloudflare'
import preact from '@astrojs/preact'
import { defineConfig } from 'astro/config'

export default defineConfig({ adapter: cloudflare(), integrations: [preact()] })
