/**
 * Long steps on a terminal: one line that is redrawn with a spinner and how far things are. Elsewhere (a file, CI):
 * one plain line when a step begins. Owns the last line of the stream until `clear`.
 */

/** What goes on right now. `done` of `total` steps lie behind. */
export interface Step {
  readonly text: string
  readonly done: number
  readonly total: number
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const
const REDRAW_MS = 80
const CLEAR_LINE = '\r\u001b[2K'

export class Progress {
  readonly #out: NodeJS.WriteStream
  #step: Step | undefined
  #timer: NodeJS.Timeout | undefined
  #frame = 0

  constructor(out: NodeJS.WriteStream) {
    this.#out = out
  }

  show(step: Step): void {
    if (!this.#out.isTTY) {
      this.#out.write(`${toStepText(step)}\n`)
      return
    }
    this.#step = step
    // a build keeps the thread busy for seconds: draw now, not at the next tick of the timer
    this.#draw()
    this.#timer ??= setInterval(() => this.#draw(), REDRAW_MS).unref()
  }

  /** Take the line away; what is written next begins at its start. */
  clear(): void {
    if (this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#step = undefined
    this.#out.write(CLEAR_LINE)
  }

  /** Something to be read above the line. */
  warn(text: string): void {
    this.clear()
    this.#out.write(`warning: ${text}\n`)
  }

  [Symbol.dispose](): void {
    this.clear()
  }

  #draw(): void {
    if (this.#step === undefined) return
    this.#frame = (this.#frame + 1) % FRAMES.length
    const line = `${FRAMES[this.#frame]!} ${toStepText(this.#step)}`
    this.#out.write(CLEAR_LINE + line.slice(0, Math.max(this.#out.columns - 1, 10)))
  }
}

/** What a step says, without the line around it. */
export function toStepText({ text, done, total }: Step): string {
  return total > 1 ? `${text} (${done + 1}/${total}, ${Math.round((done / total) * 100)}%)` : text
}
