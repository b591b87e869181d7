// A rectangle that is drawn on the picture with mouse, pen or finger, and stays on its place there.

import { between } from "./regions.js";

const { OpenSeadragon } = window;
const LEAST_CSS_PX = 6; // less is a click

export class Rectangle {
  /** `sheet` lies over the picture and holds `mark`, which is the rectangle. */
  constructor(sheet, mark, pair) {
    Object.assign(this, { sheet, mark, pair, region: null, start: null });
    this.drawn = () => {};
    sheet.addEventListener("pointerdown", (event) => this.begin(event));
    sheet.addEventListener("pointermove", (event) => this.go(event));
    sheet.addEventListener("pointerup", (event) => this.end(event));
    sheet.addEventListener("pointercancel", () => this.giveUp());
    sheet.addEventListener("wheel", (event) => this.pass(event), { passive: false });
  }

  /** Whether a drag draws, instead of moving the picture. */
  get isArmed() {
    return this.sheet.classList.contains("armed");
  }

  arm(armed) {
    this.sheet.classList.toggle("armed", armed);
  }

  /** Show a region, or none; to be told whether it can be taken. */
  show(region, { tooLarge = false } = {}) {
    this.region = region;
    this.mark.classList.toggle("too-large", tooLarge);
    this.draw();
  }

  /** Put the rectangle where its region is now; to be called when the picture has moved below it. */
  draw() {
    this.mark.hidden = this.region === null;
    if (this.mark.hidden) return;
    const { y, x, height, width } = this.region;
    const first = this.toPane({ x, y });
    const last = this.toPane({ x: x + width, y: y + height });
    Object.assign(this.mark.style, {
      left: `${first.x}px`,
      top: `${first.y}px`,
      width: `${last.x - first.x}px`,
      height: `${last.y - first.y}px`,
    });
  }

  begin(event) {
    if (!this.isArmed || this.start || event.button !== 0) return;
    this.sheet.setPointerCapture(event.pointerId);
    this.start = { ...this.toImage(event), clientX: event.clientX, clientY: event.clientY };
  }

  go(event) {
    if (!this.start || !this.isDrag(event)) return;
    const region = between(this.start, this.toImage(event), this.pair.view);
    if (region) this.drawn(region, { isDone: false });
  }

  end(event) {
    const { start } = this;
    if (!start) return;
    const region = this.isDrag(event) && between(start, this.toImage(event), this.pair.view);
    this.giveUp();
    if (region) this.drawn(region, { isDone: true });
  }

  giveUp() {
    this.start = null;
  }

  isDrag({ clientX, clientY }) {
    return Math.min(Math.abs(clientX - this.start.clientX), Math.abs(clientY - this.start.clientY)) >= LEAST_CSS_PX;
  }

  // Whoever turns the wheel means the picture.
  pass(event) {
    event.preventDefault();
    this.pair.viewer.canvas.dispatchEvent(new WheelEvent("wheel", event));
  }

  toImage({ clientX, clientY }) {
    const pane = this.sheet.getBoundingClientRect();
    const place = new OpenSeadragon.Point(clientX - pane.left, clientY - pane.top);
    const { x, y } = this.pair.viewer.viewport.pointFromPixel(place, true);
    return { x: x * this.pair.view.width, y: y * this.pair.view.width };
  }

  toPane({ x, y }) {
    const { width } = this.pair.view;
    return this.pair.viewer.viewport.pixelFromPoint(new OpenSeadragon.Point(x / width, y / width), true);
  }
}
