/** The same error with the code that Node.js gives it. */
export const coded = <T extends Error>(code: string, error: T): T & { readonly code: string } =>
  Object.assign(error, { code })
