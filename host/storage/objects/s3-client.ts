/**
 * The way to a store that speaks the protocol of S3, and what its refusals mean. Requests are as many as there are calls: who
 * bounds those (concurrent_data_calls, data_timeout_ms) bounds these, and a call that nobody waits for ends its request.
 */

import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'

import { S3Client, S3ServiceException } from '@aws-sdk/client-s3'

import { readSecret } from '../../config/secrets.ts'
import type { S3Settings } from '../../config/storage-settings.ts'
import { StorageError } from '../failure.ts'
import { r2Error } from './r2-error.ts'
import type { R2Operation } from './r2-error.ts'

const CONNECT_MS = 2000
/** New credentials are found after so long. */
const CREDENTIALS_MS = 60_000

type Problem = Parameters<typeof r2Error>[1]

/** What S3 calls what R2 has a number for. */
const PROBLEMS: Readonly<Record<string, Problem>> = {
  BadDigest: 'digest',
  EntityTooLarge: 'tooLarge',
  EntityTooSmall: 'tooSmall',
  InvalidArgument: 'argument',
  InvalidPart: 'part',
  InvalidPartOrder: 'part',
  InvalidRange: 'range',
  InvalidURI: 'name',
  KeyTooLongError: 'name',
  MetadataTooLarge: 'metadata',
  // that is what some stores call it; what has no upload was looked for and not missed
  NoSuchKey: 'upload',
  NoSuchUpload: 'upload',
}
/** What some stores say when they are full. */
const FULL = /^(?:QuotaExceeded|StorageFull|XMinioStorageFull|InsufficientStorage)/
const FULL_STATUS = 507
const REFUSED_STATUS = 500

export function toClient({ endpoint, region, accessKeyId, secretAccessKey }: S3Settings): S3Client {
  const agent = { keepAlive: true }
  return new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    // eslint-disable-next-line require-await -- a provider resolves
    credentials: async () => ({
      accessKeyId: readSecret(accessKeyId),
      secretAccessKey: readSecret(secretAccessKey),
      expiration: new Date(Date.now() + CREDENTIALS_MS),
    }),
    // not every store knows the checksums that newer clients send unasked
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // what goes wrong is told by what it throws
    logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {} },
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      httpAgent: new Agent(agent),
      httpsAgent: new TlsAgent(agent),
    },
  })
}

/** Whether what was looked for is not there. */
export const isMissing = (error: unknown): boolean => hasStatus(error, 404)

/** Whether it was changed by somebody else meanwhile. */
export const isConflict = (error: unknown): boolean => hasStatus(error, 412) || hasStatus(error, 409)

function hasStatus(error: unknown, status: number): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === status
}

/** What the app is told. `log`: what the operator has to mend. */
export function toS3Failure(
  operation: R2Operation,
  error: unknown,
  log: (text: string) => void,
): StorageError {
  if (error instanceof StorageError) return error
  if ((error as Error).name === 'AbortError') log = () => undefined
  if (error instanceof S3ServiceException) {
    const { name } = error
    const problem = Object.hasOwn(PROBLEMS, name) ? PROBLEMS[name] : undefined
    if (problem !== undefined) return r2Error(operation, problem, undefined, '', error)
    const { httpStatusCode: status = 0 } = error.$metadata
    if (FULL.test(name) || status === FULL_STATUS)
      return new StorageError('STORAGE_FULL', 'the store is full; nothing was changed', { cause: error })
    log(`s3: ${status} ${name}: ${error.message}`)
    if (status > 0 && status < REFUSED_STATUS)
      return new StorageError(
        'STORAGE_UNAVAILABLE',
        'the store refuses the call; the log of the server says why',
        {
          cause: error,
        },
      )
  } else log(`s3: ${String(error)}`)
  const text = 'the store cannot be reached; whether a change was made is not known'
  return new StorageError('STORAGE_UNAVAILABLE', text, { cause: error })
}
