import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'

export default {
  async fetch() {
    const client = new S3Client({
      region: 'eu-west-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      requestHandler: {
        handle: async (request) => ({
          response: {
            statusCode: 200,
            headers: {},
            body: new Response(`${request.method} ${request.hostname}${request.path}`).body,
          },
        }),
      },
    })
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'a/b' }))
    return new Response(await Body.transformToString())
  },
}
