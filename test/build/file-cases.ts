/** What `node:fs` does with files below a folder, asked of whoever runs this: an app in an instance, or Node on a disk. */

import type * as Files from 'node:fs'

type Fs = typeof Files
type Outcome = unknown

const TEXT = 'grüße\nund mehr\n'

/** Each case has a folder of its own. */
export const CASES: Readonly<Record<string, (fs: Fs, at: (name: string) => string) => Outcome>> = {
  'a file': (fs, at) => {
    fs.writeFileSync(at('a'), TEXT)
    fs.appendFileSync(at('a'), new Uint8Array([33, 10]))
    const { size, nlink } = fs.statSync(at('a'))
    return [
      fs.readFileSync(at('a'), 'utf8'),
      fs.readFileSync(at('a')).length,
      fs.readFileSync(at('a'), { encoding: 'base64' }),
      [size, nlink, fs.statSync(at('a')).isFile(), fs.statSync(at('a')).isDirectory()],
      fs.existsSync(at('a')),
      fs.existsSync(at('b')),
    ]
  },
  'what is not there': (fs, at) => [
    fs.statSync(at('x'), { throwIfNoEntry: false }) === undefined,
    said(() => fs.readFileSync(at('x'))),
    said(() => fs.readFileSync(at('x/y'))),
    said(() => fs.statSync(at('x'))),
    said(() => fs.lstatSync(at('x'))),
    said(() => fs.accessSync(at('x'))),
    said(() => fs.readdirSync(at('x'))),
    said(() => fs.unlinkSync(at('x'))),
    said(() => fs.rmdirSync(at('x'))),
    said(() => fs.rmSync(at('x'))),
    said(() => fs.rmSync(at('x'), { force: true })),
    said(() => fs.renameSync(at('x'), at('y'))),
    said(() => fs.copyFileSync(at('x'), at('y'))),
    said(() => fs.linkSync(at('x'), at('y'))),
    said(() => fs.readlinkSync(at('x'))),
    said(() => fs.realpathSync(at('x'))),
    said(() => fs.openSync(at('x'), 'r+')),
    said(() => fs.openSync(at('no/x'), 'w')),
    said(() => fs.truncateSync(at('x'))),
    said(() => fs.chmodSync(at('x'), 0o600)),
    said(() => fs.utimesSync(at('x'), 1, 2)),
    said(() => fs.mkdirSync(at('x/y'))),
  ],
  folders: (fs, at) => {
    const made = fs.mkdirSync(at('a/b/c'), { recursive: true })
    fs.writeFileSync(at('a/z'), '')
    fs.writeFileSync(at('a/b/y'), '')
    fs.symlinkSync('z', at('a/l'))
    return [
      made === at('a'),
      fs.mkdirSync(at('a/b/c'), { recursive: true }),
      fs.readdirSync(at('a')),
      fs.readdirSync(at('a'), { recursive: true }).toSorted(compare),
      fs
        .readdirSync(at('a'), { withFileTypes: true })
        .map((each) => [
          each.name,
          each.isFile(),
          each.isDirectory(),
          each.isSymbolicLink(),
          each.parentPath,
        ]),
      fs.readdirSync(at('a'), 'buffer').map(String),
      said(() => fs.mkdirSync(at('a'))),
      said(() => fs.mkdirSync(at('a/z'), { recursive: true })),
      said(() => fs.mkdirSync(at('a/z/b'), { recursive: true })),
      said(() => fs.rmdirSync(at('a'))),
      said(() => fs.rmdirSync(at('a/z'))),
      said(() => fs.unlinkSync(at('a/b'))),
      said(() => fs.readdirSync(at('a/z'))),
      said(() => fs.readFileSync(at('a'))),
      said(() => fs.writeFileSync(at('a'), '')),
      said(() => fs.writeFileSync(at('a/z/y'), '')),
      said(() => fs.rmSync(at('a'))),
      said(() => fs.rmSync(at('a'), { recursive: true })),
      fs.existsSync(at('a')),
      fs.mkdtempSync(at('t-')).length - at('t-').length,
    ]
  },
  links: (fs, at) => {
    fs.mkdirSync(at('d'))
    fs.writeFileSync(at('d/f'), 'linked')
    fs.symlinkSync('d', at('to-d'))
    fs.symlinkSync(at('to-d/f'), at('to-f'))
    fs.symlinkSync('nowhere', at('lost'))
    fs.symlinkSync('loop-b', at('loop-a'))
    fs.symlinkSync('loop-a', at('loop-b'))
    fs.linkSync(at('d/f'), at('hard'))
    fs.appendFileSync(at('hard'), '!')
    return [
      fs.readFileSync(at('to-f'), 'utf8'),
      fs.readFileSync(at('to-d/../d/f'), 'utf8'),
      fs.readlinkSync(at('to-d')),
      fs.realpathSync(at('to-f')),
      [
        fs.lstatSync(at('to-f')).isSymbolicLink(),
        fs.statSync(at('to-f')).isFile(),
        fs.statSync(at('hard')).nlink,
      ],
      fs.existsSync(at('lost')),
      said(() => fs.readFileSync(at('lost'))),
      said(() => fs.readFileSync(at('loop-a'))),
      said(() => fs.symlinkSync('d', at('to-d'))),
      said(() => fs.readlinkSync(at('d'))),
      said(() => fs.openSync(at('to-f'), 'wx')),
      said(() => fs.writeFileSync(at('lost'), 'found')),
      fs.readFileSync(at('nowhere'), 'utf8'),
      said(() => fs.unlinkSync(at('to-d'))),
      fs.readdirSync(at('.')),
      said(() => fs.linkSync(at('d'), at('e'))),
    ]
  },
  names: (fs, at) => {
    fs.mkdirSync(at('a/b'), { recursive: true })
    fs.writeFileSync(at('f'), 'f')
    fs.writeFileSync(at('g'), 'g')
    return [
      said(() => fs.renameSync(at('f'), at('g'))),
      fs.readFileSync(at('g'), 'utf8'),
      said(() => fs.renameSync(at('g'), at('a'))),
      said(() => fs.renameSync(at('a'), at('g'))),
      said(() => fs.renameSync(at('a'), at('a/b/c'))),
      said(() => fs.renameSync(at('a/b'), at('b'))),
      said(() => fs.renameSync(at('g'), at('g'))),
      said(() => fs.renameSync(at('g'), at('b/h'))),
      said(() => fs.renameSync(at('a'), at('b'))),
      fs.readdirSync(at('.'), { recursive: true }).toSorted(compare),
    ]
  },
  copies: (fs, at) => {
    fs.mkdirSync(at('a/b'), { recursive: true })
    fs.writeFileSync(at('a/f'), 'first')
    fs.writeFileSync(at('a/b/g'), 'second', { mode: 0o600 })
    fs.copyFileSync(at('a/f'), at('f'))
    fs.cpSync(at('a'), at('c/d'), { recursive: true, filter: (from) => !from.endsWith('x') })
    return [
      fs.readFileSync(at('f'), 'utf8'),
      said(() => fs.copyFileSync(at('a/f'), at('f'), fs.constants.COPYFILE_EXCL)),
      said(() => fs.copyFileSync(at('a'), at('z'))).split(',')[0],
      fs.readdirSync(at('c'), { recursive: true }).toSorted(compare),
      fs.readFileSync(at('c/d/b/g'), 'utf8'),
      (fs.statSync(at('c/d/b/g')).mode & 0o777).toString(8),
      said(() => fs.cpSync(at('a'), at('e'))).slice(0, 13),
    ]
  },
  'an open file': (fs, at) => {
    const fd = fs.openSync(at('a'), 'w+')
    const into = new Uint8Array(8)
    const outcome = [
      fs.writeSync(fd, 'hello world'),
      fs.writeSync(fd, 'H', 0),
      fs.writeSync(fd, new TextEncoder().encode('<!>'), 1, 1, null),
      fs.readSync(fd, into, 0, 4, 0),
      String.fromCharCode(...into),
      fs.readSync(fd, into),
      fs.fstatSync(fd).size,
      said(() => fs.ftruncateSync(fd, 5)),
      fs.readFileSync(at('a'), 'utf8'),
      said(() => fs.ftruncateSync(fd, 8)),
      fs.readFileSync(at('a')).toString('hex'),
      fs.readvSync(fd, [new Uint8Array(2), new Uint8Array(3)], 0),
      fs.writevSync(fd, [new Uint8Array([65]), new Uint8Array([66])], 6),
      fs.readFileSync(at('a'), 'latin1'),
      said(() => fs.readSync(fd, into, 9, 1, null)),
      said(() => fs.readSync(fd, into, 0, 9, null)),
    ]
    fs.closeSync(fd)
    const readOnly = fs.openSync(at('a'), 'r')
    const writeOnly = fs.openSync(at('a'), fs.constants.O_WRONLY | fs.constants.O_APPEND)
    outcome.push(
      said(() => fs.writeSync(readOnly, 'x')),
      said(() => fs.readSync(writeOnly, into)),
      fs.writeSync(writeOnly, 'end', 0),
      fs.readFileSync(readOnly, 'latin1'),
      said(() => fs.openSync(at('a'), 'wx')),
      said(() => fs.openSync(at('a'), 'q')),
    )
    fs.unlinkSync(at('a'))
    outcome.push(fs.readSync(readOnly, into, 0, 3, 0), fs.fstatSync(readOnly).nlink)
    fs.closeSync(readOnly)
    fs.closeSync(writeOnly)
    return outcome.concat(
      said(() => fs.fstatSync(999_999)),
      said(() => fs.readSync(999_999, into)),
    )
  },
  'times and rights': (fs, at) => {
    fs.writeFileSync(at('a'), '')
    fs.utimesSync(at('a'), 1.5, new Date(2500))
    fs.chmodSync(at('a'), '640')
    const stats = fs.statSync(at('a'))
    const big = fs.statSync(at('a'), { bigint: true })
    fs.mkdirSync(at('d'), 0o700)
    return [
      [stats.atimeMs, stats.mtimeMs, stats.mtime.toISOString(), (stats.mode & 0o7777).toString(8)],
      [String(big.mtimeMs), String(big.mtimeNs), typeof big.size],
      (fs.statSync(at('d')).mode & 0o777).toString(8),
      said(() => fs.chmodSync(at('a'), '9')),
      said(() => fs.utimesSync(at('a'), 'soon', 1)),
    ]
  },
  arguments: (fs) => [
    said(() => fs.readFileSync(undefined as never)),
    said(() => fs.readFileSync('a\0b')),
    said(() => fs.readFileSync(new URL('https://a.test/'))),
    said(() => fs.readFileSync('/a', 'no-such' as never)),
    said(() => fs.writeFileSync('/a', 5 as never)),
    said(() => Reflect.apply(fs.readFile, fs, ['/a'])),
    said(() => fs.closeSync('a' as never)),
    said(() => fs.closeSync(-1)),
  ],
  callbacks: async (fs, at) => {
    const call = (run: (done: (...results: unknown[]) => void) => void): Promise<unknown> =>
      new Promise((resolve) =>
        run((error, ...results) => resolve(error ? (error as Error).message : results.map(show))),
      )
    fs.writeFileSync(at('a'), 'abc')
    const fd = fs.openSync(at('a'), 'r+')
    const outcome = [
      await call((done) => fs.readFile(at('a'), 'utf8', done)),
      await call((done) => fs.writeFile(at('b'), 'b', done)),
      await call((done) => fs.stat(at('x'), done)),
      await call((done) => fs.mkdir(at('d/e'), { recursive: true }, (error) => done(error))),
      await call((done) => fs.readdir(at('.'), done)),
      await call((done) => fs.read(fd, new Uint8Array(2), 0, 2, 1, done)),
      await call((done) => fs.write(fd, 'xyz', 1, done)),
      await call((done) => fs.access(at('a'), done)),
      await new Promise((resolve) => fs.exists(at('a'), resolve)),
    ]
    fs.closeSync(fd)
    return outcome
  },
  promises: async (fs, at) => {
    const { promises } = fs
    const handle = await promises.open(at('a'), 'w+')
    await handle.writeFile('one\ntwo\r\nthree')
    await promises.writeFile(at('b'), ['x', 'y'])
    const lines: string[] = []
    const again = await promises.open(at('a'))
    for await (const line of again.readLines()) lines.push(line)
    const names: string[] = []
    for await (const { name } of await promises.opendir(at('.'))) names.push(name)
    const outcome = [
      lines,
      names.toSorted(compare),
      await promises.readFile(at('b'), 'utf8'),
      (await handle.stat()).size,
      (await handle.read(new Uint8Array(3), 0, 3, 0)).bytesRead,
      (await handle.write('ONE', 0)).bytesWritten,
      await promises.readFile(at('a'), 'utf8'),
      await promises.stat(at('x')).catch(({ message }: Error) => message),
      await promises.rm(at('a')),
    ]
    await handle.close()
    await again.close().catch(() => undefined)
    return [...outcome, await handle.stat().catch(({ message }: Error) => message)]
  },
  streams: async (fs, at) => {
    const write = (stream: Files.WriteStream, ...pieces: string[]): Promise<unknown> =>
      new Promise((resolve, reject) => {
        stream.on('finish', () => resolve(stream.bytesWritten)).on('error', reject)
        for (const piece of pieces) stream.write(piece)
        stream.end()
      })
    const read = async (stream: Files.ReadStream): Promise<unknown> => {
      let text = ''
      for await (const piece of stream) text += String(piece)
      return [text, stream.bytesRead]
    }
    const failed = (stream: Files.ReadStream | Files.WriteStream): Promise<unknown> =>
      new Promise((resolve) => stream.on('error', ({ message }) => resolve(message)))
    return [
      await write(fs.createWriteStream(at('a')), 'hello ', 'world'),
      await write(fs.createWriteStream(at('a'), { flags: 'a' }), '!'),
      await write(fs.createWriteStream(at('a'), { start: 6 }), 'W'),
      await read(fs.createReadStream(at('a'))),
      await read(fs.createReadStream(at('a'), { encoding: 'utf8', start: 2, end: 7, highWaterMark: 3 })),
      await failed(fs.createReadStream(at('x'))),
      await failed(fs.createWriteStream(at('x/y'))),
    ]
  },
}

const compare = (a: unknown, b: unknown): number => (String(a) < String(b) ? -1 : 1)

function said(run: () => unknown): string {
  try {
    return `gave ${show(run())}`
  } catch (error) {
    const { code, message, syscall } = error as { code?: string; message: string; syscall?: string }
    return `${code} ${syscall}: ${message}`
  }
}

const show = (value: unknown): string =>
  ArrayBuffer.isView(value)
    ? `bytes ${new Uint8Array(value.buffer, value.byteOffset, value.byteLength).join()}`
    : (JSON.stringify(value) ?? String(value))

/** `folder`: one that is there, and empty. What is said of it is said of `/tmp`. `only`: one case. */
export async function runFiles(
  fs: Fs,
  folder: string,
  only?: string | null,
): Promise<Record<string, Outcome>> {
  const outcomes: Record<string, Outcome> = {}
  for (const [index, [name, run]] of Object.entries(CASES).entries()) {
    if (typeof only === 'string' && only !== name) continue
    const own = `${folder}/${index}`
    fs.mkdirSync(own)
    // oxlint-disable-next-line no-await-in-loop -- one after the other, so that descriptors are the same
    const outcome = await run(fs, (inner) => `${own}/${inner}`)
    outcomes[name] = JSON.parse(JSON.stringify(outcome).replaceAll(folder, '/tmp'))
  }
  return outcomes
}
