/**
 * The part of JavaScript's WebAssembly interface that NANO uses. TypeScript has it only in its DOM library, which would
 * bring a browser's globals into the host.
 */
declare namespace WebAssembly {
  type ImportValue = ((...args: never[]) => unknown) | Global | Memory | Table
  type ModuleImports = Record<string, ImportValue>
  type Imports = Record<string, ModuleImports>
  type ExportValue = ((...args: unknown[]) => unknown) | Global | Memory | Table
  type Exports = Record<string, ExportValue>

  class Module {
    constructor(bytes: ArrayBufferView<ArrayBuffer> | ArrayBuffer)
    static exports(module: Module): { name: string; kind: string }[]
    static imports(module: Module): { module: string; name: string; kind: string }[]
  }

  class Instance {
    constructor(module: Module, imports?: Imports)
    readonly exports: Exports
  }

  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean })
    readonly buffer: ArrayBuffer
    grow(delta: number): number
  }

  class Global {
    constructor(descriptor: { value: string; mutable?: boolean }, value?: number | bigint)
    value: number | bigint
  }

  class Table {
    readonly length: number
    get(index: number): unknown
  }

  class RuntimeError extends Error {}
  class CompileError extends Error {}
  class LinkError extends Error {}

  function compile(bytes: ArrayBufferView<ArrayBuffer> | ArrayBuffer): Promise<Module>
}
