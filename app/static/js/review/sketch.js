// The region that is being drawn: with a mouse, a pen or a finger, or with a cross that keys move.

import { between, corners, inside, polygon } from "./shapes.js";
import { dot, list, svgElement } from "./svg.js";

const NEAR_PX = 12; // of the screen: so near to its beginning a click closes a polygon
const LEAST_PX = 4; // of the screen: what is smaller was a slip of the hand

export class Sketch {
  constructor(layer, { drawn, toolChanged }) {
    Object.assign(this, { layer, drawn, toolChanged });
    this.tool = null; // `rectangle` or `polygon`
    this.points = [];
    this.cross = null; // where keys would put the next corner
    this.outline = layer.svg.appendChild(svgElement("polygon", { class: "sketch" }));
    this.mark = layer.svg.appendChild(svgElement("g", { class: "cross" }));
    this.mark.append(...["rim", "dot"].map((name) => svgElement("path", { class: name })));
  }

  /** Draw with `rectangle` or `polygon` from now on; null: with nothing. */
  use(tool) {
    Object.assign(this, { tool, points: [], cross: null });
    this.draw();
    this.layer.svg.classList.toggle("drawing", tool !== null);
    if (tool) this.layer.svg.focus({ preventScroll: true }); // not the button, which would take the Enter
    this.toolChanged(tool);
  }

  press(event) {
    event.preventDefault();
    event.stopPropagation();
    this.layer.svg.setPointerCapture(event.pointerId);
    this.cross = null;
    if (this.tool === "rectangle") this.points = [];
    this.put(this.layer.at(event));
  }

  move(event) {
    if (this.points.length) this.draw(this.layer.at(event));
  }

  lift(event) {
    if (this.tool !== "rectangle" || !this.points.length) return;
    const [from] = this.points;
    const to = this.layer.at(event);
    const isSlip = Math.min(Math.abs(to.y - from.y), Math.abs(to.x - from.x)) * this.layer.scale() < LEAST_PX;
    if (isSlip) this.stepBack();
    else this.put(to);
  }

  cancel() {
    this.use(null);
  }

  /** Move the cross by px of the screen, from the middle of what is seen to begin with; where it is. */
  nudge(down, right) {
    const { seen, size } = this.layer;
    const { y, x } = this.cross ?? this.points.at(-1) ?? { y: seen.y + seen.height / 2, x: seen.x + seen.width / 2 };
    const scale = this.layer.scale();
    this.cross = inside({ y: y + down / scale, x: x + right / scale }, size);
    this.draw();
    return this.cross;
  }

  /** Put a corner where the cross is; where it has not moved since the last one, end the polygon. */
  enter() {
    if (this.cross && this.cross !== this.points.at(-1)) this.put(this.cross);
    else if (this.tool === "polygon") this.finish(polygon(this.points));
  }

  /** Take the last corner back; whether there was one. */
  stepBack() {
    const last = this.points.pop();
    this.draw();
    return last !== undefined;
  }

  put(point) {
    const [first] = this.points;
    if (this.tool === "rectangle" && first) this.finish(between(first, point));
    else if (this.points.length > 2 && this.isNear(point, first)) this.finish(polygon(this.points));
    else this.points.push(point);
    this.draw();
  }

  finish(shape) {
    if (!shape) return;
    this.use(null);
    this.drawn({ id: crypto.randomUUID?.() ?? randomId(), shape, verdict: "reject", label: "", comment: "" });
  }

  // The outline up to its last corner, or further to a point.
  draw(end = this.cross) {
    const points = end ? [...this.points, end] : this.points;
    const box = this.tool === "rectangle" && points.length === 2 && between(...points);
    this.outline.setAttribute("points", list(box ? corners(box) : points));
    for (const path of this.mark.children) path.setAttribute("d", this.cross ? dot(this.cross) : "");
  }

  isNear(one, other) {
    return Math.hypot(one.y - other.y, one.x - other.x) * this.layer.scale() < NEAR_PX;
  }
}

// crypto.randomUUID is there only on https and on this machine.
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
