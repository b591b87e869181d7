// Rectangles and polygons on a picture: shown, chosen, drawn and changed.
//
// The picture is covered by an SVG element whose user units are px of the result at full size, so
// that it does not matter which part of it is seen, and how large.

import { Handles } from "./handles.js";
import { corners, inside } from "./shapes.js";
import { Sketch } from "./sketch.js";
import { list, svgElement } from "./svg.js";

/** The regions of one result; `drawn`, `chosen` and `changed` are called when somebody does. */
export class RegionLayer {
  constructor(svg, { drawn, chosen, changed, toolChanged }) {
    this.svg = svg;
    svg.setAttribute("preserveAspectRatio", "none");
    this.shapes = svg.appendChild(svgElement("g", {}));
    this.handles = new Handles(this, { changed, clicked: (event) => this.pick(event) });
    this.sketch = new Sketch(this, { drawn, toolChanged });
    this.outlines = [];
    this.shapes.addEventListener("focusin", ({ target }) => this.outlines.includes(target) && chosen(target.dataset.id));
    const hand = () => (this.sketch.tool ? this.sketch : this.handles);
    const on = (name, act) => svg.addEventListener(name, (event) => event.isPrimary && act(event));
    on("pointerdown", (event) => event.button === 0 && hand().press(event));
    on("pointermove", (event) => hand().move(event));
    on("pointerup", (event) => hand().lift(event));
    on("pointercancel", () => hand().cancel());
    // A second finger would move the picture away under the first one.
    svg.addEventListener("pointerdown", (event) => {
      if (!event.isPrimary && (this.sketch.tool || this.handles.held)) event.stopPropagation();
    });
  }

  /** Lie over the picture of an OpenSeadragon viewer, which sees and moves what is not drawn. */
  placeIn(viewer) {
    viewer.canvas.append(this.svg);
    viewer.addHandler("canvas-click", ({ quick, originalEvent }) => quick && this.pick(originalEvent));
  }

  /** Choose the region under a pointer; the one below it, where the upper one is chosen already. */
  pick({ clientX, clientY }) {
    const found = document.elementsFromPoint(clientX, clientY).filter((one) => this.outlines.includes(one));
    const next = found[(found.indexOf(this.handles.outline) + 1) % found.length];
    next?.focus({ preventScroll: true });
  }

  /** Choose a region, as the Tab key does. */
  focus(id) {
    this.outlines.find((one) => one.dataset.id === id).focus({ preventScroll: true });
  }

  /** This part of the result is seen now: {x, y, width, height} in its px. */
  look({ x, y, width, height }) {
    this.svg.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
    this.seen = { x, y, width, height };
  }

  /** Show these regions of a result of that size; the one of id `marked` stands out. */
  show({ height, width }, regions, marked) {
    this.size = { height, width };
    const known = new Map(this.outlines.map((outline) => [outline.dataset.id, outline]));
    const outlines = regions.map((region, index) => {
      const outline = known.get(region.id) ?? svgElement("polygon", { tabindex: 0, role: "button", "data-id": region.id });
      const isMarked = region.id === marked;
      outline.setAttribute("points", list(corners(region.shape)));
      outline.setAttribute("class", `region ${region.verdict}${isMarked ? " marked" : ""}`);
      outline.setAttribute("aria-label", nameOf(index));
      outline.setAttribute("aria-pressed", String(isMarked));
      return outline;
    });
    // What stays where it is keeps the focus.
    const isSame = outlines.length === this.outlines.length && outlines.every((one, index) => one === this.outlines[index]);
    if (!isSame) this.shapes.replaceChildren(...(this.outlines = outlines));
    const index = regions.findIndex(({ id }) => id === marked);
    if (index < 0) this.handles.show(null);
    else this.handles.show(regions[index], outlines[index], nameOf(index));
  }

  /** Where the pointer is, in px of the result, never outside. */
  at({ clientY, clientX }) {
    const { top, left, height, width } = this.svg.getBoundingClientRect();
    const { seen } = this;
    const y = seen.y + ((clientY - top) / height) * seen.height;
    return inside({ y, x: seen.x + ((clientX - left) / width) * seen.width }, this.size);
  }

  /** Px of the screen for each px of the result. */
  scale() {
    return this.svg.getBoundingClientRect().width / this.seen.width;
  }
}

const nameOf = (index) => `region ${index + 1}`;
