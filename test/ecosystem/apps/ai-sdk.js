import { generateText, simulateReadableStream, streamText } from 'ai'
import { MockLanguageModelV3 } from 'ai/test'

export default {
  async fetch() {
    return Response.json([
      typeof generateText,
      typeof streamText,
      typeof simulateReadableStream,
      typeof MockLanguageModelV3,
    ])
  },
}
