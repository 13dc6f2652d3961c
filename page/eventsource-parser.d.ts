/** The package, which the listener serves under this name (host/operator/page.ts). */
export * from 'eventsource-parser'
