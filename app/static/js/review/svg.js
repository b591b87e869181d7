// Elements of SVG made in one expression.

const SVG = "http://www.w3.org/2000/svg";

/** A new element with these attributes. */
export function svgElement(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** What the `points` of a polygon say. */
export const list = (points) => points.map(({ y, x }) => `${x},${y}`).join(" ");

/** A path of no length: where lines keep their width, a dot that has one size at any zoom. */
export const dot = ({ y, x }) => `M${x} ${y}h0`;
