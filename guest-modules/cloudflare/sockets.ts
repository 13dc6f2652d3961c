/** `cloudflare:sockets`: apps reach others by HTTP alone. */

export function connect(): never {
  throw new Error('connect() of cloudflare:sockets is not there in NANO: an app reaches others with fetch()')
}

export default { connect }
