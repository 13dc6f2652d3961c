export default { ssr: true, prerender: ['/about'] }
