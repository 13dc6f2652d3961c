/** What nano.json says of what answers in an app's place: its files, and responses that are kept. */

import * as z from 'zod'

import { HTML_HANDLING, NOT_FOUND_HANDLING } from '../assets/manifest.ts'
import { isFirstPattern, MOST_PATTERNS } from '../assets/run-first.ts'
import { BINDING_NAME, DEFAULT_CACHE_MB } from './config.ts'
import { closed, expected, flag, integer, list, text, textLike, textThat } from './values.ts'

/** `assets` of an app, as wrangler spells it. */
export const ASSETS = closed({
  directory: text()
    .meta({ description: 'Files that are served, relative to this file. A deploy sends them.' })
    .exactOptional(),
  binding: textLike(BINDING_NAME, 'letters, digits, "_" and "$", not first a digit')
    .meta({ description: 'The member of env with whose fetch() the app asks for its files.' })
    .exactOptional(),
  run_worker_first: z
    .union(
      [
        flag(),
        list(textThat(isFirstPattern, 'a path with "*" for any text, or "!" and such a path'))
          .max(MOST_PATTERNS, {
            error: expected(`at most ${MOST_PATTERNS} patterns`),
          })
          .refine((patterns) => patterns.some((each) => !each.startsWith('!')), {
            error: expected('a pattern without "!" among them'),
          }),
      ],
      { error: expected('true, false or a list of patterns') },
    )
    .meta({
      default: false,
      description:
        'The app is asked first: always, or for paths of these patterns ("/api/*"). Those with "!" before them are never the app\'s.',
    })
    .exactOptional(),
  html_handling: z
    .enum(HTML_HANDLING, { error: expected(HTML_HANDLING.join(', ')) })
    .meta({
      default: HTML_HANDLING[0],
      description: 'Under which path a page is given: /about for about.html, /about/ for about/index.html.',
    })
    .exactOptional(),
  not_found_handling: z
    .enum(NOT_FOUND_HANDLING, { error: expected(NOT_FOUND_HANDLING.join(', ')) })
    .meta({
      default: NOT_FOUND_HANDLING[0],
      description: 'What is given for a path without a file: the nearest 404.html, or index.html.',
    })
    .exactOptional(),
}).meta({ id: 'assets', description: 'Files that are served without the app.' })

export const RESPONSE_CACHE = z
  .union(
    [
      flag(),
      closed({
        max_mb: integer({ range: [1, 65_536] }).meta({
          default: DEFAULT_CACHE_MB,
          description: 'The most MiB of them, on each shard.',
        }),
      }),
    ],
    { error: expected('true, false or an object with "max_mb"') },
  )
  .meta({
    id: 'response_cache',
    default: false,
    description:
      'Responses that the app declares to be for all (Cache-Control: public, s-maxage) are given again without asking it.',
  })
