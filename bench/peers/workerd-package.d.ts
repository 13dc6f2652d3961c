/** What the npm package `workerd` exports; it comes without types. It is CommonJS: the binary's path is `.default`. */
declare module 'workerd' {
  export const compatibilityDate: string
  export const version: string
  const exports: { readonly default: string }
  export default exports
}
