import express from 'express'

export default { fetch: () => new Response(typeof express().get) }
