/** `URLPattern`, by its kept library. */

export { URLPattern } from 'urlpattern-polyfill/urlpattern'
