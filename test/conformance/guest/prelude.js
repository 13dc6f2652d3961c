// evaluated in the guest, before the test harness. A browser's worker has a location that relative URLs are relative to;
// a server's has none. The tests of Blob read with FileReader, which servers lack; a small one keeps that from failing
// all of them.
;(() => {
  const { href, isIdl } = globalThis.wptSettings
  const put = (name, value) => {
    try {
      Object.defineProperty(globalThis, name, {
        value,
        writable: true,
        enumerable: false,
        configurable: true,
      })
    } catch {
      // the host does not let it be changed
    }
  }
  if (!('self' in globalThis)) put('self', globalThis)
  put('GLOBAL', { isWindow: () => false, isWorker: () => true, isShadowRealm: () => false })
  const { protocol, host, hostname, port, pathname, search, hash, origin } = new URL(href)
  const toString = () => href
  put('location', { href, protocol, host, hostname, port, pathname, search, hash, origin, toString })
  put('importScripts', () => {})

  const toAbsolute = (input) =>
    typeof input !== 'string' || URL.canParse(input) || !URL.canParse(input, href)
      ? input
      : new URL(input, href).href
  if (typeof fetch === 'function') {
    const apply = (target, _, [input, ...more]) =>
      Reflect.apply(target, globalThis, [toAbsolute(input), ...more])
    put('fetch', new Proxy(fetch, { apply }))
  }

  if (isIdl) {
    // the harness of interfaces has to be told which global this is
    const isGlobal = { [Symbol.hasInstance]: (value) => value === globalThis }
    put('DedicatedWorkerGlobalScope', Object.setPrototypeOf(isGlobal, null))
    return
  }
  const wrapped = new Proxy(Request, {
    construct: (target, [input, ...more], self) =>
      Reflect.construct(target, [toAbsolute(input), ...more], self === wrapped ? target : self),
  })
  put('Request', wrapped)
  if (href.includes('/FileAPI/') && typeof FileReader === 'undefined') {
    const read = (method) =>
      function (blob) {
        blob[method]().then(
          (result) => {
            this.result = result
            this.onload?.({ target: this })
          },
          (error) => this.onerror?.(error),
        )
      }
    put('FileReader', class FileReader {})
    Object.assign(FileReader.prototype, { readAsText: read('text'), readAsArrayBuffer: read('arrayBuffer') })
  }
})()
