/** Parts of `node:util` of which an app sees what Node.js has. */
import * as util from 'node:util'

const MIME_TYPES = [
  'text/html',
  ' Text/HTML ; charset=UTF-8; a="b c"; Q=x',
  'nope',
  '',
  '/x',
  'a/',
  'a b/c',
  'a/b c',
  'a/b;;x=1;y',
  'a/b;x=;y=""',
  'a/b;x="a\\"b\\\\c"',
  'a/b;x="unclosed',
  'a/b;x="y"junk;z=2',
  'a/b;x=1;X=2',
  'a/b; x = 1',
  'a/b;x=ü;y=\u0100',
  'a/b;x="\\',
  'a/b\n;x=1\n',
  'a/b;=1;"q"=1;z=3',
]
const RED = '\u001B[31m'

function outcome(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    const { code, message, name } = error as Error & { code?: string }
    return [name, code, message]
  }
}

const COMMANDS: readonly util.ParseArgsConfig[] = [
  {
    args: ['-f', '--bar', 'b', 'rest'],
    options: { foo: { type: 'boolean', short: 'f' }, bar: { type: 'string' } },
    allowPositionals: true,
    tokens: true,
  },
  {
    args: ['-abvalue', '--no-color', '--', '-x'],
    options: {
      a: { type: 'boolean', short: 'a' },
      b: { type: 'string', short: 'b', multiple: true },
      color: { type: 'boolean' },
    },
    allowPositionals: true,
    allowNegative: true,
    tokens: true,
  },
  { args: ['--unknown=5', 'x', '-q'], strict: false },
  {
    args: [],
    options: {
      a: { type: 'string', default: 'given' },
      b: { type: 'string', multiple: true, default: ['x'] },
    },
  },
  { args: ['--nope'] },
  { args: ['x'], options: {} },
  { args: ['-a', '-b'], options: { a: { type: 'string', short: 'a' } } },
  { args: ['--a'], options: { a: { type: 'string' } } },
  { args: ['--a=1'], options: { a: { type: 'boolean', short: 'q' } } },
  { args: [], options: { a: { type: 'nothing' as 'string' } } },
  { args: [], options: { a: { type: 'string', short: 'ab' } } },
  { args: [], options: { a: { type: 'string', default: 5 as never } } },
  { args: 5 as never },
]
const ENVIRONMENTS = [
  'A=1\nB = two words # a comment\n# C=3\nexport D=4\n',
  'A="line\\nline"\nB=\'single # kept\'\nC=`back`\nD="over\nlines"\nE="open\nF=6',
  '\r\nA=\r\nnothing\n=x\nB==y',
]

export function runUtil(): unknown[] {
  const style = (format: unknown, text: unknown, options: object = { validateStream: false }) =>
    util.styleText(format as 'red', text as string, options)
  const changed = () => {
    const type = new util.MIMEType('a/b; c=d')
    type.type = 'Q'
    type.subtype = 'R'
    type.params.set('S', 't u')
    type.params.delete('C')
    const { params } = type
    return [String(type), params.get('S'), params.has('c'), [...params.keys()], [...params.values()]]
  }
  return [
    ...MIME_TYPES.map((text) => () => {
      const type = new util.MIMEType(text)
      return [String(type), type.type, type.subtype, type.essence, [...type.params], JSON.stringify(type)]
    }),
    changed,
    () => new util.MIMEParams().set('X y', '1'),
    () => new util.MIMEParams().set('x', 'ü\u0100'),
    () => {
      new util.MIMEType('a/b').subtype = 'c d'
    },
    () => style('red', 'x'),
    () => style(['bold', 'underline'], 'x'),
    () => style('red', `a${style('blue', 'b')}c`),
    () => style('bold', `a${style('dim', 'b')}c`),
    () => style('none', 'x'),
    () => style('nope', 'x'),
    () => style('red', 5),
    () => style('red', 'x', {}),
    () => util.stripVTControlCharacters(`${RED}x\u001B[0m\u001B]8;;http://a\u0007link\u001B]8;;\u0007`),
    () => util.stripVTControlCharacters(5 as unknown as string),
    ...COMMANDS.map((config) => () => util.parseArgs(config)),
    ...ENVIRONMENTS.map((text) => () => ({ ...util.parseEnv(text) })),
    () => util.parseEnv(5 as unknown as string),
    () => util.diff('12345678', '!!2!!5!7!'),
    () => util.diff(['a', 'b', 'c'], ['b', 'c', 'd']),
    () => [...util.getSystemErrorMap()].sort(([a], [b]) => a - b),
    ...[-2, -111, -9999, 5, 'x'].map((error) => () => [
      util.getSystemErrorName(error as number),
      util.getSystemErrorMessage(error as number),
    ]),
    () => [
      util.deprecate((a: number) => a + 1, 'old', 'T1')(1),
      util.deprecate((a: number) => a + 1, 'old', 'T1')(2),
    ],
  ].map((run) => outcome(run) ?? 'nothing')
}
