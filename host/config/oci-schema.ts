/** What nano.json says of registries. */

import { isRepositoryPattern } from './oci-settings.ts'
import { DEFAULT_PULL_MS } from './oci-settings.ts'
import { closed, flag, integer, list, text, textLike, textThat } from './values.ts'

const PULL_RANGE = [1000, 3_600_000] as const

/** The key `oci`. */
export const oci = closed({
  digests: flag()
    .meta({
      default: false,
      description: 'References need a digest: a tag alone, which may lead elsewhere tomorrow, is refused.',
    })
    .exactOptional(),
  insecure: list(
    textLike(/^[a-z0-9.-]+(?::\d{1,5})?$/, 'a host name in lower case, with its port if there is one'),
  )
    .meta({
      description:
        'Registries that are spoken to without encryption, as references name them; those on this machine always are.',
    })
    .exactOptional(),
  credentials: text()
    .meta({
      description:
        'A file, relative to this one, that "docker login" writes. Unless given: where Docker and Podman keep theirs.',
    })
    .exactOptional(),
  pull_ms: integer({ range: PULL_RANGE })
    .meta({ default: DEFAULT_PULL_MS, description: 'How long a pull may take.' })
    .exactOptional(),
  signatures: list(
    closed({
      repository: textThat(
        isRepositoryPattern,
        'a registry and a repository ("registry.example/team/shop"), all below one ("registry.example/team/*"), or "*"',
      ),
      keys: list(text()).min(1, { error: 'expected at least one file with a public key' }).meta({
        description: 'Files, relative to this one, with public keys in PEM: one of them has to have signed.',
      }),
    }),
  )
    .meta({
      description:
        'Which repositories serve signed artifacts alone. Every rule that a reference falls under has to be met.',
    })
    .exactOptional(),
}).meta({ description: 'Registries that apps come from: "path": "oci://...".' })
