/**
 * Host name to app. Pure and without fallback, but for the one that `serve --app` asks for: a single app that answers
 * on every host name. Keys are canonical host names; two apps never share one.
 */

export class Router<T> {
  readonly #byHostname = new Map<string, T>()
  #fallback: { readonly hostname: string; readonly app: T } | undefined

  /** Requests for the host go to the app. `isFallback`: those for hosts that lead nowhere, too. */
  set(hostname: string, app: T, isFallback = false): void {
    if (this.#byHostname.has(hostname)) throw new RangeError(`the host ${hostname} leads to an app already`)
    this.#byHostname.set(hostname, app)
    if (isFallback) this.#fallback = { hostname, app }
  }

  /** Requests for the host go nowhere. */
  delete(hostname: string): void {
    this.#byHostname.delete(hostname)
    if (this.#fallback?.hostname === hostname) this.#fallback = undefined
  }

  find(hostname: string): T | undefined {
    return this.#byHostname.get(hostname) ?? this.#fallback?.app
  }
}
