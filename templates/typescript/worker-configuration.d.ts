// Made by "nano-workers types" of nano.json. Do not edit it: run that again when they change.

declare namespace Cloudflare {
  interface Env {
    GREETING: 'Hello'
  }
}

interface Env extends Cloudflare.Env {}

// process.env has texts
declare namespace NodeJS {
  interface ProcessEnv {
    GREETING: string
  }
}
