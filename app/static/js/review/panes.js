// Input and result of a job beside each other, in all their pixels, with the regions on the result.
//
// Below the tiles lies the preview, which was fetched before it is asked for: a result is seen at
// once, and stays whole while its tiles come.

import { setText } from "../dom.js";
import { Pair } from "../viewer/pair.js";
import { Scalebar } from "../viewer/scalebar.js";

const ZOOM = 1.5;
const STEP = 0.2;

export class Panes {
  /** `parts` are the elements: first, second, input, result, firstTag, scalebar, scalebarWords. */
  constructor(parts, regions) {
    Object.assign(this, { parts, regions });
    this.pair = null; // until there is a view, and room for it on the page
    this.view = null;
    this.opened = Promise.resolve();
    this.showsResult = false; // in the first pane, in place of the input
  }

  /** Show a view; results that were gone past meanwhile are left out. */
  show(view) {
    if (this.view === view) return;
    this.view = view;
    const { scale = 1, width, height } = view.layers.find(({ which }) => which === "result") ?? view;
    this.extent = { width: (width * scale) / view.width, height: (height * scale) / view.width };
    this.scale = view.width / scale; // px of the result for each of OpenSeadragon's units
    this.opened = this.opened.then(() => (this.view === view ? this.open(view) : null));
  }

  async open(view) {
    if (this.pair) await this.pair.show(view);
    else await this.begin(view);
    this.blink(false);
    this.draw();
  }

  async begin(view) {
    const { first, second, scalebar, scalebarWords } = this.parts;
    this.pair = new Pair(first, second, view);
    this.scalebar = new Scalebar(scalebar, scalebarWords, this.pair);
    await this.pair.open();
    await this.pair.setTwo(true);
    this.regions.placeIn(this.pair.viewers[1]);
    this.pair.moved = () => this.draw();
  }

  /** Show the result in place of the input, or the input again. */
  blink(showsResult = !this.showsResult) {
    this.showsResult = showsResult;
    this.pair?.setOpacity("result", Number(showsResult));
    this.parts.input.style.opacity = Number(!showsResult);
    setText(this.parts.firstTag, showsResult ? "Virtual H&E" : "Input");
  }

  zoomIn() {
    this.pair?.zoomBy(ZOOM);
  }

  zoomOut() {
    this.pair?.zoomBy(1 / ZOOM);
  }

  fit() {
    this.pair?.fit();
  }

  /** Move by parts of what is seen. */
  panBy(right, down) {
    this.pair?.panBy(right * STEP, down * STEP);
  }

  /** Move so far that a px of the result is seen. */
  reveal({ y, x }) {
    this.pair?.reveal(y / this.scale, x / this.scale);
  }

  // Previews and regions follow the tiles.
  draw() {
    const { input, result } = this.parts;
    const [first, second] = this.pair.viewers.map(({ viewport }) => viewport.getBounds(true));
    lay(input, { width: 1, height: this.view.height / this.view.width }, first);
    lay(result, this.extent, second);
    const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => second[name] * this.scale);
    this.regions.look({ x, y, width, height });
    this.scalebar.draw();
  }
}

function lay({ style }, { width, height }, seen) {
  style.left = `${(-seen.x / seen.width) * 100}%`;
  style.top = `${(-seen.y / seen.height) * 100}%`;
  style.width = `${(width / seen.width) * 100}%`;
  style.height = `${(height / seen.height) * 100}%`;
}
