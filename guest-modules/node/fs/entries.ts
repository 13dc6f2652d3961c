/**
 * What a file system in memory is made of: files, folders, links and devices. They are the instance's, as other objects of the
 * app, and count to its memory.
 *
 *     /  is fixed: null, zero, full and random in /dev, and /tmp, in which an app may do what it likes
 */

import { constants } from './constants.ts'

const { S_IFCHR, S_IFDIR, S_IFLNK, S_IFREG } = constants
const ALL = 0o777
const UMASK = 0o022
const LEAST_ROOM = 1024

/** What `getRandomValues` gives at once. */
const MOST_RANDOM = 65_536

let entries = 0

export abstract class Entry {
  readonly ino = ++entries
  mode: number
  uid = 0
  gid = 0
  /** Names that it has. */
  links = 1
  atimeMs = Date.now()
  mtimeMs = this.atimeMs
  ctimeMs = this.atimeMs
  birthtimeMs = this.atimeMs

  constructor(kind: number, permissions: number) {
    this.mode = kind | (permissions & ALL)
  }

  abstract get size(): number

  /** What is in it is another now. */
  changed(): void {
    this.mtimeMs = this.ctimeMs = Date.now()
  }
}

export class FileEntry extends Entry {
  #room: Uint8Array = new Uint8Array(0)
  #size = 0

  constructor(permissions = 0o666) {
    super(S_IFREG, permissions & ~UMASK)
  }

  get size(): number {
    return this.#size
  }

  /** What is in it, until it is written to. */
  get bytes(): Uint8Array {
    return this.#room.subarray(0, this.#size)
  }

  /** Gives how many bytes there were. */
  read(at: number, into: Uint8Array): number {
    const bytes = this.#room.subarray(at, Math.min(this.#size, at + into.length))
    into.set(bytes)
    return bytes.length
  }

  write(at: number, bytes: Uint8Array): number {
    this.#makeRoom(at + bytes.length)
    this.#room.set(bytes, at)
    this.#size = Math.max(this.#size, at + bytes.length)
    this.changed()
    return bytes.length
  }

  truncate(length: number): void {
    if (length < this.#size) this.#room.fill(0, length, this.#size)
    else this.#makeRoom(length)
    this.#size = length
    this.changed()
  }

  #makeRoom(length: number): void {
    if (length <= this.#room.length) return
    const room = new Uint8Array(Math.max(length, 2 * this.#room.length, LEAST_ROOM))
    room.set(this.bytes)
    this.#room = room
  }
}

export class FolderEntry extends Entry {
  readonly names = new Map<string, Entry>()
  /** Nothing is made in it, taken out of it or renamed. */
  readonly isFixed: boolean

  constructor(permissions = ALL, isFixed = false) {
    super(S_IFDIR, permissions & ~UMASK)
    this.isFixed = isFixed
  }

  get size(): number {
    return 4096
  }

  add(name: string, entry: Entry): void {
    this.names.set(name, entry)
    this.changed()
  }

  remove(name: string): void {
    this.names.delete(name)
    this.changed()
  }
}

export class LinkEntry extends Entry {
  readonly target: string

  constructor(target: string) {
    super(S_IFLNK, ALL)
    this.target = target
  }

  get size(): number {
    return this.target.length
  }
}

type Fill = (into: Uint8Array) => unknown

export class DeviceEntry extends Entry {
  readonly #fill: Fill | undefined
  readonly isFull: boolean

  /** `fill`: with what is read of it; undefined: there is nothing. */
  constructor(fill: Fill | undefined, isFull = false) {
    super(S_IFCHR, 0o666)
    this.#fill = fill
    this.isFull = isFull
  }

  get size(): number {
    return 0
  }

  read(into: Uint8Array): number {
    this.#fill?.(into)
    return this.#fill === undefined ? 0 : into.length
  }
}

function fillRandomly(into: Uint8Array): void {
  for (let at = 0; at < into.length; at += MOST_RANDOM)
    into.set(crypto.getRandomValues(new Uint8Array(Math.min(MOST_RANDOM, into.length - at))), at)
}

const zero = (into: Uint8Array): unknown => into.fill(0)
const devices = new FolderEntry(0o755, true)
devices.add('null', new DeviceEntry(undefined))
devices.add('zero', new DeviceEntry(zero))
devices.add('full', new DeviceEntry(zero, true))
devices.add('random', new DeviceEntry(fillRandomly))

export const root = new FolderEntry(0o755, true)
root.add('dev', devices)
root.add('tmp', new FolderEntry())
