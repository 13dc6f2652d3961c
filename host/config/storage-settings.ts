/** Where stores are that are not the embedded ones: what the operator's configuration says, in a form that can be posted. */

export interface StorageSettings {
  readonly kv?: { readonly redis?: RedisSettings }
  /** MiB of apps' own caches, all apps together. */
  readonly cachesMb?: number | undefined
}

/** A server that speaks Redis' protocol. */
export interface RedisSettings {
  /** redis:, rediss: or unix:, without a password. */
  readonly url: string
  /** Absolute path of the file that has it. */
  readonly passwordFile?: string
}
