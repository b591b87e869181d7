// A few at a time: whoever asks is called when a lane is free, in the order of asking.

export class Lanes {
  #free;
  #waiting = [];

  constructor(count) {
    this.#free = count;
  }

  /** Call `enter` when a lane is free; it is taken until `leave`. */
  ask(enter) {
    this.#waiting.push(enter);
    this.#next();
  }

  /** Give a lane back. */
  leave() {
    this.#free += 1;
    this.#next();
  }

  /** Whoever asked does not want a lane any more. */
  forget(enter) {
    this.#waiting = this.#waiting.filter((one) => one !== enter);
  }

  #next() {
    while (this.#free > 0 && this.#waiting.length) {
      this.#free -= 1;
      this.#waiting.shift()();
    }
  }
}
