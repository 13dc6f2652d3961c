/** The thread that reads and unpacks images for the shards: `images.ts` starts it. */

import { answerAll } from './answering.ts'
import { ImageFiles } from './image-files.ts'
import type { ImageQuestions } from './images.ts'
import { findOwnCache } from './open-engines.ts'

const files = new ImageFiles(findOwnCache())

answerAll<ImageQuestions, never>({ load: ({ engineHash, id, key }) => files.load(engineHash, id, key) })
