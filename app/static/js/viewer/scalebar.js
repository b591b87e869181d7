// How long the bar is, and what it says: a round number of µm, or of px where the scale is unknown.

import { setText } from "../dom.js";

const ROUND = [5, 2, 1];

/** The largest of 1, 2, 5, 10, ... up to this number. */
export function roundBelow(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return ROUND.find((one) => one * power <= most) * power;
}

/** A length in words: 0.5 µm, 200 µm, 5 mm. */
export function lengthWords(um) {
  const [value, unit] = um >= 1000 ? [um / 1000, "mm"] : [um, "µm"];
  return `${Number(value.toPrecision(1))} ${unit}`;
}

/** {px, words} of a bar of at most so many CSS px; `mpp` is null when nobody knows the scale. */
export function bar(zoom, mpp, mostPx) {
  const unit = mpp ?? 1;
  const length = roundBelow((mostPx / zoom) * unit);
  return { px: (length / unit) * zoom, words: mpp ? lengthWords(length) : `${Number(length.toPrecision(1))} px` };
}

export class Scalebar {
  constructor(element, words, pair) {
    Object.assign(this, { element, words, pair });
    element.hidden = false;
  }

  draw() {
    const most = Math.min(180, this.pair.viewer.container.clientWidth / 4);
    const { px, words } = bar(this.pair.zoomNow, this.pair.view.mpp, most);
    this.element.style.setProperty("--bar-px", `${px}px`);
    setText(this.words, words);
  }
}
