// What the chosen region is moved and reshaped by: its outline, its corners and, between those of a
// polygon, the middles that become corners. All of them are dragged, or moved by the arrows.

import { corners, middles, moved, withCorner, withMiddle, withoutCorner } from "./shapes.js";
import { dot, list, svgElement } from "./svg.js";

const SLIP_PX = 3; // of the screen: what moves less was a click
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const CHANGES = { outline: moved, corner: withCorner, middle: withMiddle };
const WORDS = { corner: "Corner", middle: "New corner after corner" };

/** How far an arrow moves anything, in px of the screen. */
export const stepPx = ({ shiftKey }) => (shiftKey ? 1 : 10);

export class Handles {
  /** `changed` is told the region, its new shape, and whether this goes on with the change before. */
  constructor(layer, { changed, clicked }) {
    Object.assign(this, { layer, changed, clicked });
    this.group = svgElement("g", {});
    this.region = null;
    this.held = null; // by a pointer: {grip, from, shape}, and `next` once it has moved
  }

  /** Be there for a region that is drawn as `outline`; null: for none. */
  show(region, outline, name) {
    if (region?.id !== this.region?.id) this.held = null;
    Object.assign(this, { region, outline, name });
    if (!region) this.group.remove();
    // Behind its outline, for the Tab key; what stays where it is keeps the focus.
    else if (this.group.previousElementSibling !== outline) outline.after(this.group);
    if (region) this.draw(region.shape);
  }

  draw(shape) {
    this.outline.setAttribute("points", list(corners(shape)));
    const points = { corner: corners(shape), middle: shape.kind === "polygon" ? middles(shape) : [] };
    const grips = ["corner", "middle"].flatMap((what) => points[what].map((point, number) => ({ what, number })));
    if (grips.length !== this.group.children.length) this.group.replaceChildren(...grips.map(handle));
    for (const made of this.group.children) {
      const { what, number } = made.grip;
      for (const path of made.children) path.setAttribute("d", dot(points[what][number]));
      made.setAttribute("aria-label", `${WORDS[what]} ${number + 1} of ${this.name}`);
    }
  }

  press(event) {
    const found = this.region && this.under(event);
    if (!found) return;
    event.preventDefault();
    event.stopPropagation();
    this.layer.svg.setPointerCapture(event.pointerId);
    found.focus({ preventScroll: true });
    this.held = { grip: this.gripOf(found), from: this.layer.at(event), shape: this.region.shape };
  }

  move(event) {
    if (!this.held) return;
    const { grip, from, shape, next } = this.held;
    const to = this.layer.at(event);
    const by = { y: to.y - from.y, x: to.x - from.x };
    if (!next && Math.hypot(by.y, by.x) * this.layer.scale() < SLIP_PX) return;
    this.held.next = this.reshaped(grip, shape, by) ?? next;
    if (this.held.next) this.preview(this.held.next);
  }

  lift(event) {
    const { held } = this;
    this.held = null;
    if (held?.next) this.commit(held.grip, held.next);
    else if (held?.grip.what === "outline") this.clicked(event);
  }

  cancel() {
    this.held = null;
    if (this.region) this.draw(this.region.shape);
  }

  /** Arrows move, and Backspace takes away, what has the focus; whether the key was one of these. */
  key(event) {
    const grip = this.region && this.gripOf(event.target);
    if (!grip) return false;
    const { shape } = this.region;
    const isPolygonsCorner = grip.what === "corner" && shape.kind === "polygon";
    if (event.key in ARROWS) {
      const step = stepPx(event) / this.layer.scale();
      const [y, x] = ARROWS[event.key].map((part) => part * step);
      this.commit(grip, this.reshaped(grip, shape, { y, x }), event.repeat);
    } else if (event.key === "Backspace" && isPolygonsCorner) {
      this.commit(grip, withoutCorner(shape, grip.number));
      this.group.children[Math.max(0, grip.number - 1)].focus({ preventScroll: true });
    } else {
      return false;
    }
    return true;
  }

  reshaped({ what, number }, shape, by) {
    return CHANGES[what](shape, by, this.layer.size, number);
  }

  // A middle that is dragged is no corner yet, so that its handle stays the one that is held.
  preview(shape) {
    if (this.held.grip.what === "middle") this.outline.setAttribute("points", list(corners(shape)));
    else this.draw(shape);
  }

  commit({ what, number }, shape, goesOn = false) {
    if (!shape) return;
    this.changed(this.region, shape, goesOn);
    if (what === "middle") this.group.children[number + 1].focus({ preventScroll: true });
  }

  // A handle before the outline, and both before other regions that lie above them.
  under({ clientX, clientY }) {
    const found = document.elementsFromPoint(clientX, clientY).map((one) => one.closest(".handle") ?? one);
    return found.find((one) => one.parentNode === this.group) ?? found.find((one) => one === this.outline);
  }

  gripOf(target) {
    return target === this.outline ? { what: "outline" } : target.grip;
  }
}

// A dot with a rim, and around it an unseen one as large as a finger.
function handle(grip) {
  const made = svgElement("g", { class: `handle ${grip.what}`, tabindex: 0, role: "button" });
  made.append(...["reach", "rim", "dot"].map((name) => svgElement("path", { class: name })));
  return Object.assign(made, { grip });
}
