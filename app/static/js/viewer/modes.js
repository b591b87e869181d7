// The four ways of comparing: a curtain, side by side, opacity, and blinking from one to the other.

import { setText } from "../dom.js";

const WORDS = { input: "Input", result: "Virtual H&E" };

export class Modes {
  /** `parts` are the elements: modes, curtain (a Curtain), fader, opacity, blinker, first, second. */
  constructor(pair, parts) {
    Object.assign(this, { pair, parts });
    this.mode = "curtain";
    this.shown = "input"; // while blinking
    this.changed = () => {};
    this.spoken = () => {};
    for (const button of parts.modes.querySelectorAll("button")) {
      button.addEventListener("click", () => this.choose(button.dataset.mode));
    }
    parts.opacity.addEventListener("input", () => {
      this.draw();
      this.changed();
    });
    parts.blinker.addEventListener("click", () => this.blink());
  }

  /** What goes into a link: the part that the curtain, or the opacity, has come. */
  get at() {
    return this.mode === "opacity" ? this.parts.opacity.value / 100 : this.parts.curtain.at;
  }

  /** Compare in this way, with the curtain or the opacity at `at` if that is given. */
  async choose(mode, at) {
    this.mode = this.pair.layers.size < 2 ? "alone" : mode;
    if (at !== undefined && mode === "opacity") this.parts.opacity.value = Math.round(at * 100);
    else if (at !== undefined) this.parts.curtain.moveTo(at);
    await this.pair.setTwo(this.mode === "side");
    this.draw();
    this.changed();
  }

  /** Show the other one of the two, and nothing else from now on. */
  async blink() {
    if (this.pair.layers.size < 2) return;
    this.shown = this.shown === "input" ? "result" : "input";
    if (this.mode === "blink") this.draw();
    else await this.choose("blink");
    this.spoken(WORDS[this.shown]);
  }

  draw() {
    const { mode, parts, pair } = this;
    for (const button of parts.modes.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    }
    parts.curtain.show(mode === "curtain");
    parts.fader.hidden = mode !== "opacity";
    parts.blinker.hidden = mode !== "blink";
    setText(parts.blinkerWords, `Showing: ${WORDS[this.shown]}`);
    pair.setOpacity("result", this.opacity());
    this.tag();
  }

  opacity() {
    const opacities = { side: 0, opacity: this.parts.opacity.value / 100, blink: this.shown === "result" ? 1 : 0 };
    return opacities[this.mode] ?? 1;
  }

  tag() {
    const { first, second } = this.parts;
    const isTwo = ["curtain", "side"].includes(this.mode);
    first.hidden = !(isTwo || this.mode === "alone");
    second.hidden = !isTwo;
    setText(first, WORDS[this.pair.layers.has("input") ? "input" : "result"]);
    setText(second, WORDS.result);
  }
}
