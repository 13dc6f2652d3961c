/** The thread that reads and unpacks images for the shards: `images.ts` starts it. */

import { toBlocks } from '../image/blocks.ts'
import { stepBack } from '../limits/step-back.ts'
import { answerAll } from './answering.ts'
import { ImageFiles } from './image-files.ts'
import type { ImageQuestions } from './images.ts'
import { LoadedImages } from './loaded-images.ts'
import { findOwnCache } from './open-engines.ts'

stepBack()
const files = new ImageFiles(findOwnCache())
const loaded = new LoadedImages(({ engineHash, id, key }) => files.load(engineHash, id, key))

answerAll<ImageQuestions, never>(
  {
    load({ budget, ...wanted }) {
      loaded.budget = budget
      const content = loaded.load(wanted)
      return { content, ...loaded.counters }
    },
    bound(bytes) {
      loaded.budget = bytes
      return loaded.counters
    },
  },
  (answer) => ('content' in answer ? toBlocks(answer.content) : []),
)
