// A line across the pane: left of it is the first layer, right of it the second.

const { OpenSeadragon } = window;
const STEP = 0.02;

export class Curtain {
  /** `slider` is the element that is dragged, over the pane of the pair. */
  constructor(slider, pair) {
    this.slider = slider;
    this.pair = pair;
    this.at = 0.5; // the part of the pane's width that is left of it
    this.dragged = () => {};
    slider.addEventListener("pointerdown", (event) => this.grasp(event));
    slider.addEventListener("pointermove", (event) => this.drag(event));
    slider.addEventListener("keydown", (event) => this.press(event));
    // Whoever turns the wheel over the line means the picture below it.
    slider.addEventListener("wheel", (event) => pass(event, pair), { passive: false });
  }

  /** Open or take away the curtain; while it is away the second layer is whole. */
  show(shown) {
    this.slider.hidden = !shown;
    this.draw();
  }

  moveTo(at) {
    this.at = Math.min(1, Math.max(0, at));
    this.draw();
  }

  /** Cut the second layer where the line is now; to be called when the picture has moved below it. */
  draw() {
    const percent = `${(this.at * 100).toFixed(2)}%`;
    this.slider.style.left = percent;
    this.slider.setAttribute("aria-valuenow", Math.round(this.at * 100));
    const item = this.pair.layers.get("result");
    if (!item) return;
    item.setClip(this.right(item));
  }

  // It ends beyond the picture's edges, and without a curtain, too: cut along them, as OpenSeadragon does
  // for what is not opaque, the input below would shine through as a line.
  right(item) {
    const { x: width, y: height } = item.getContentSize();
    const line = new OpenSeadragon.Point(this.at * this.pair.viewer.container.clientWidth, 0);
    const at = this.slider.hidden ? -width : item.viewerElementToImageCoordinates(line).x;
    const left = Math.min(width, Math.max(-width, at));
    return new OpenSeadragon.Rect(left, -height, 2 * width - left, 3 * height);
  }

  grasp(event) {
    this.slider.setPointerCapture(event.pointerId);
    this.offset = event.clientX - this.slider.getBoundingClientRect().left - this.slider.clientWidth / 2;
  }

  drag(event) {
    if (!this.slider.hasPointerCapture(event.pointerId)) return;
    const pane = this.pair.viewer.container.getBoundingClientRect();
    this.moveTo((event.clientX - this.offset - pane.left) / pane.width);
    this.dragged();
  }

  press(event) {
    const to = { ArrowLeft: this.at - STEP, ArrowRight: this.at + STEP, Home: 0, End: 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.moveTo(to);
    this.dragged();
  }
}

function pass(event, pair) {
  event.preventDefault();
  const copy = new WheelEvent("wheel", event);
  pair.viewer.canvas.dispatchEvent(copy);
}
