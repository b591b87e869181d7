// Rectangles and polygons on a picture, drawn with a mouse, a pen or a finger.
//
// The picture is covered by an SVG element whose user units are px of the result at full size, so
// that it does not matter which part of it is seen, and how large.

const SVG = "http://www.w3.org/2000/svg";
const NEAR_PX = 12; // of the screen: so near to its beginning a click closes a polygon
const LEAST_PX = 4; // of the screen: what is smaller was a slip of the hand

function shapeElement(tag, attributes, className) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (className) made.setAttribute("class", className);
  return made;
}

const list = (points) => points.map(({ y, x }) => `${x},${y}`).join(" ");
const cornersOf = ({ y, x, height, width }) => [
  { y, x },
  { y, x: x + width },
  { y: y + height, x: x + width },
  { y: y + height, x },
];

/** The corners of a region's shape. */
export const corners = (shape) => (shape.kind === "polygon" ? shape.points : cornersOf(shape));

const rounded = (value) => Math.round(value * 100) / 100;

/** Draws the regions of one result; `drawn` and `chosen` are called when somebody does. */
export class RegionLayer {
  constructor(svg, { drawn, chosen, toolChanged }) {
    Object.assign(this, { svg, drawn, chosen, toolChanged });
    this.tool = null;
    this.points = [];
    svg.setAttribute("preserveAspectRatio", "none");
    this.shapes = svg.appendChild(shapeElement("g", {}));
    this.sketch = svg.appendChild(shapeElement("polygon", {}, "sketch"));
    svg.addEventListener("pointerdown", (event) => this.press(event));
    svg.addEventListener("pointermove", (event) => this.move(event));
    svg.addEventListener("pointerup", (event) => this.lift(event));
    svg.addEventListener("pointercancel", () => this.use(null));
  }

  /** Lie over the picture of an OpenSeadragon viewer, which sees and moves what is not drawn. */
  placeIn(viewer) {
    viewer.canvas.append(this.svg);
    viewer.addHandler("canvas-click", ({ quick, originalEvent }) => {
      const found = quick && document.elementsFromPoint(originalEvent.clientX, originalEvent.clientY);
      const shape = found && found.find(({ parentNode }) => parentNode === this.shapes);
      if (shape) this.chosen(shape.dataset.id);
    });
  }

  /** This part of the result is seen now: {x, y, width, height} in its px. */
  look({ x, y, width, height }) {
    this.svg.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
    this.seen = { x, y, width, height };
  }

  /** Show these regions of a result of that size; the one of id `marked` stands out. */
  show({ height, width }, regions, marked) {
    this.size = { height, width };
    this.shapes.replaceChildren(
      ...regions.map((region) => {
        const className = `region ${region.verdict}${region.id === marked ? " marked" : ""}`;
        const made = shapeElement("polygon", { points: list(corners(region.shape)) }, className);
        made.dataset.id = region.id;
        return made;
      }),
    );
  }

  /** Draw with `rectangle` or `polygon` from now on; null: with nothing. */
  use(tool) {
    this.tool = tool;
    this.points = [];
    this.draw([]);
    this.svg.classList.toggle("drawing", tool !== null);
    this.toolChanged(tool);
  }

  press(event) {
    if (!this.tool || event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    const point = this.at(event);
    if (this.tool === "rectangle") {
      this.svg.setPointerCapture(event.pointerId);
      this.points = [point];
    } else if (this.points.length > 2 && this.isNear(point, this.points[0])) {
      this.close();
    } else {
      this.points.push(point);
      this.draw(this.points);
    }
  }

  move(event) {
    if (!this.points.length) return;
    const point = this.at(event);
    this.draw(this.tool === "rectangle" ? cornersOf(this.between(this.points[0], point)) : [...this.points, point]);
  }

  lift(event) {
    if (this.tool !== "rectangle" || !this.points.length) return;
    const shape = this.between(this.points[0], this.at(event));
    const isSlip = Math.min(shape.height, shape.width) * this.scale() < LEAST_PX;
    if (isSlip) this.draw((this.points = []));
    else this.finish({ kind: "rectangle", ...shape });
  }

  /** End the polygon that is being drawn, if it has corners enough. */
  close() {
    if (this.tool === "polygon" && this.points.length > 2) this.finish({ kind: "polygon", points: this.points });
  }

  finish(shape) {
    this.use(null);
    this.drawn({ id: crypto.randomUUID?.() ?? randomId(), shape, verdict: "reject", label: "", comment: "" });
  }

  draw(points) {
    this.sketch.setAttribute("points", list(points));
  }

  between(one, other) {
    const [y, x] = [Math.min(one.y, other.y), Math.min(one.x, other.x)];
    return { y, x, height: rounded(Math.abs(one.y - other.y)), width: rounded(Math.abs(one.x - other.x)) };
  }

  // Where the pointer is, in px of the result, never outside.
  at(event) {
    const box = this.svg.getBoundingClientRect();
    const { seen, size } = this;
    const within = (value, most) => rounded(Math.min(most, Math.max(0, value)));
    return {
      y: within(seen.y + ((event.clientY - box.top) / box.height) * seen.height, size.height),
      x: within(seen.x + ((event.clientX - box.left) / box.width) * seen.width, size.width),
    };
  }

  // Px of the screen for each px of the result.
  scale() {
    return this.svg.getBoundingClientRect().width / this.seen.width;
  }

  isNear(one, other) {
    return Math.hypot(one.y - other.y, one.x - other.x) * this.scale() < NEAR_PX;
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
