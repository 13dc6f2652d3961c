/** Packages whose names are Node.js's too: the slash at the end says that the package is meant. */
declare module 'events/' {
  const EventEmitter: typeof import('node:events').EventEmitter
  export default EventEmitter
}
declare module 'string_decoder/' {
  const decoder: typeof import('node:string_decoder')
  export default decoder
}
declare module 'readable-stream' {
  const stream: typeof import('node:stream') & Record<string, unknown>
  export default stream
}
