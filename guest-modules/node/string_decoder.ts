/** `node:string_decoder`, by the package that is Node.js's own. */

import package_ from 'string_decoder/'

export const { StringDecoder } = package_
export default { StringDecoder }
