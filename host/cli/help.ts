/** What `--help` prints. */
export const HELP = `NANO: one process that serves many isolated JavaScript apps, each in its own WebAssembly component

  nano-workers serve [--config nano.json]       serve the apps of a configuration
  nano-workers serve --app <app>                serve one app for every host name
  nano-workers build <entry> -o app.wasm        build an app into a component
  nano-workers build <app.wasm> -o new.wasm     make a component again for the engine of this version of NANO
  nano-workers --help | --version

<app> is a component (.wasm), a source file or a directory with an index file; <entry> is one of the last two.

serve
  --config <file>   the configuration; nano.json in the current directory unless given
  --app <path>      one app instead of a configuration
  --port <number>   3000 unless the configuration says otherwise; 0 takes a free one
  --host <address>  127.0.0.1 unless the configuration says otherwise
  --shards <n>      worker threads; as many as there are processors unless the configuration says otherwise
  --dev             let apps fetch from this machine's own ports (127.0.0.1, ::1), for development only
  --admin-port <n>  of the operator's listener: /healthz, /readyz and /metrics; 3001 unless the configuration says
                    otherwise; 0 takes a free one
  --allow-read <p>  with --app: as for build

build
  -o, --out <file>  the component to write; its source map goes beside it
  --allow-read <p>  a file or directory that the build may read besides the app's folder and node_modules; may be repeated
  --timeout-ms <n>  how long the app's top level may run, 30000 unless given
  --memory-mb <n>   the most memory that the app's top level may take, 512 unless given

Exit status: 0 fine, 1 failed, 2 wrong usage.
`
