/** `node:util/types`: what a value is made of, whatever it says of itself. */

/* oxlint-disable typescript/unbound-method -- functions are taken off their prototypes here to be called with a receiver of their own */

type Is = (value: unknown) => boolean

const tagOf = (value: unknown): string => Object.prototype.toString.call(value)
const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

/** By a function that works for one kind of object alone. */
function works(run: (value: never) => unknown): Is {
  return (value) => {
    if (!isObject(value)) return false
    try {
      run(value as never)
      return true
    } catch {
      return false
    }
  }
}

function getterOf(prototype: object, name: PropertyKey): (value: never) => unknown {
  const get = Object.getOwnPropertyDescriptor(prototype, name)?.get
  return (value) => Reflect.apply(get!, value, [])
}

const methodOf =
  (method: unknown, ...args: unknown[]) =>
  (value: never): unknown =>
    Reflect.apply(method as (...args: unknown[]) => unknown, value, args)

/** By what it is called, where nothing else tells. */
const isCalled = (...tags: readonly string[]): Is => {
  const wanted = tags.map((tag) => `[object ${tag}]`)
  return (value) => isObject(value) && wanted.includes(tagOf(value))
}

const typedName = getterOf(Object.getPrototypeOf(Uint8Array.prototype) as object, Symbol.toStringTag)
const isTyped =
  (name: string): Is =>
  (value) =>
    ArrayBuffer.isView(value) && typedName(value as never) === name
const isNone: Is = () => false

export const isArgumentsObject: Is = (value) =>
  isObject(value) && !(Symbol.toStringTag in value) && tagOf(value) === '[object Arguments]'
export const isArrayBuffer = works(getterOf(ArrayBuffer.prototype, 'byteLength'))
export const isSharedArrayBuffer: Is =
  typeof SharedArrayBuffer === 'undefined'
    ? isNone
    : works(getterOf(SharedArrayBuffer.prototype, 'byteLength'))
export const isAnyArrayBuffer: Is = (value) => isArrayBuffer(value) || isSharedArrayBuffer(value)
export const isArrayBufferView: Is = (value) => ArrayBuffer.isView(value)
export const isTypedArray: Is = (value) =>
  ArrayBuffer.isView(value) && typedName(value as never) !== undefined
export const isDataView = works(getterOf(DataView.prototype, 'byteLength'))
export const isUint8Array = isTyped('Uint8Array')
export const isUint8ClampedArray = isTyped('Uint8ClampedArray')
export const isUint16Array = isTyped('Uint16Array')
export const isUint32Array = isTyped('Uint32Array')
export const isInt8Array = isTyped('Int8Array')
export const isInt16Array = isTyped('Int16Array')
export const isInt32Array = isTyped('Int32Array')
export const isFloat16Array = isTyped('Float16Array')
export const isFloat32Array = isTyped('Float32Array')
export const isFloat64Array = isTyped('Float64Array')
export const isBigInt64Array = isTyped('BigInt64Array')
export const isBigUint64Array = isTyped('BigUint64Array')

export const isAsyncFunction = isCalled('AsyncFunction', 'AsyncGeneratorFunction')
export const isGeneratorFunction = isCalled('GeneratorFunction', 'AsyncGeneratorFunction')
export const isGeneratorObject = isCalled('Generator', 'AsyncGenerator')
export const isMapIterator = isCalled('Map Iterator')
export const isSetIterator = isCalled('Set Iterator')
export const isModuleNamespaceObject = isCalled('Module')
export const isPromise: Is = (value) => value instanceof Promise

export const isDate = works(methodOf(Date.prototype.getTime))
export const isMap = works(getterOf(Map.prototype, 'size'))
export const isSet = works(getterOf(Set.prototype, 'size'))
export const isWeakMap = works(methodOf(WeakMap.prototype.has, {}))
export const isWeakSet = works(methodOf(WeakSet.prototype.has, {}))
const hasFlags = works(getterOf(RegExp.prototype, 'hasIndices'))
export const isRegExp: Is = (value) => value !== RegExp.prototype && hasFlags(value)
const { isError } = Error as { isError?: Is }
export const isNativeError: Is = (value) =>
  isError?.(value) ?? (isObject(value) && tagOf(value) === '[object Error]')

export const isBigIntObject = works(methodOf(BigInt.prototype.valueOf))
export const isBooleanObject = works(methodOf(Boolean.prototype.valueOf))
export const isNumberObject = works(methodOf(Number.prototype.valueOf))
export const isStringObject = works(methodOf(String.prototype.valueOf))
export const isSymbolObject = works(methodOf(Symbol.prototype.valueOf))
const BOXES = [isBigIntObject, isBooleanObject, isNumberObject, isStringObject, isSymbolObject]
export const isBoxedPrimitive: Is = (value) => BOXES.some((is) => is(value))

export const isExternal = isNone
/** No code can tell. */
export const isProxy = isNone
export const isCryptoKey: Is = (value) => value instanceof CryptoKey
/** By its name: whoever asks need not have `node:crypto`. */
export function isKeyObject(value: unknown): boolean {
  for (let at: unknown = value; isObject(at); at = Object.getPrototypeOf(at))
    if (at.constructor.name === 'KeyObject') return true
  return false
}

export default {
  isAnyArrayBuffer,
  isArgumentsObject,
  isArrayBuffer,
  isArrayBufferView,
  isAsyncFunction,
  isBigInt64Array,
  isBigIntObject,
  isBigUint64Array,
  isBooleanObject,
  isBoxedPrimitive,
  isCryptoKey,
  isDataView,
  isDate,
  isExternal,
  isFloat16Array,
  isFloat32Array,
  isFloat64Array,
  isGeneratorFunction,
  isGeneratorObject,
  isInt16Array,
  isInt32Array,
  isInt8Array,
  isKeyObject,
  isMap,
  isMapIterator,
  isModuleNamespaceObject,
  isNativeError,
  isNumberObject,
  isPromise,
  isProxy,
  isRegExp,
  isSet,
  isSetIterator,
  isSharedArrayBuffer,
  isStringObject,
  isSymbolObject,
  isTypedArray,
  isUint16Array,
  isUint32Array,
  isUint8Array,
  isUint8ClampedArray,
  isWeakMap,
  isWeakSet,
}
