/** `purge`: responses of an app that are kept go. */

import type { Command } from 'commander'

import { AdminClient } from '../admin-client.ts'
import { repeatable, usage } from '../usage.ts'

interface PurgeOptions {
  readonly url?: readonly string[]
  readonly tag?: readonly string[]
}

export function addPurge(program: Command): void {
  program
    .command('purge')
    .summary('take away cached responses of an app')
    .description(
      'Take away responses of an app that are cached: all of them, or those of URLs and with tags (Cache-Tag). ' +
        'Ends when every shard has done it.',
    )
    .argument('<app>', "the app's name")
    .addOption(repeatable('--url <url>', 'those of this URL; may be repeated'))
    .addOption(repeatable('--tag <tag>', 'those with this tag; may be repeated'))
    .action(async (app: string, { url: urls, tag: tags }: PurgeOptions) => {
      const wrong = urls?.find((url) => !URL.canParse(url))
      if (wrong !== undefined) throw usage(`--url: expected an absolute URL, got "${wrong}"`)
      const json = urls === undefined && tags === undefined ? { everything: true } : { urls, tags }
      await new AdminClient().ask('POST', `/admin/apps/${encodeURIComponent(app)}/purge`, { json })
      process.stdout.write(`responses of ${app} are purged\n`)
    })
}
