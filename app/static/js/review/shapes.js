// The shapes of regions: a rectangle {kind, y, x, height, width}, or a polygon {kind, points}.
//
// All in px of the result, kept to a hundredth. Nothing here changes a shape: each way returns a new
// one, or null where there would be nothing left of it.

export const rounded = (value) => Math.round(value * 100) / 100;
const within = (value, most) => rounded(Math.min(most, Math.max(0, value)));

/** The point of a result of that size that is nearest to a point. */
export const inside = ({ y, x }, { height, width }) => ({ y: within(y, height), x: within(x, width) });

/** The corners of a shape. */
export function corners(shape) {
  if (shape.kind === "polygon") return shape.points;
  const { y, x, height, width } = shape;
  return [
    { y, x },
    { y, x: x + width },
    { y: y + height, x: x + width },
    { y: y + height, x },
  ];
}

/** The points halfway between each corner and the next one. */
export function middles(shape) {
  const points = corners(shape);
  return points.map((one, number) => {
    const next = points[(number + 1) % points.length];
    return { y: (one.y + next.y) / 2, x: (one.x + next.x) / 2 };
  });
}

/** The rectangle between two opposite corners. */
export function between(one, other) {
  const [y, x] = [Math.min(one.y, other.y), Math.min(one.x, other.x)];
  const [height, width] = [rounded(Math.abs(one.y - other.y)), rounded(Math.abs(one.x - other.x))];
  return height > 0 && width > 0 ? { kind: "rectangle", y, x, height, width } : null;
}

export const polygon = (points) => (points.length > 2 ? { kind: "polygon", points } : null);

/** The shape as a whole elsewhere, never outside of a result of that size. */
export function moved(shape, by, { height, width }) {
  const points = corners(shape);
  const step = (name, most) => {
    const values = points.map((point) => point[name]);
    return Math.min(most - Math.max(...values), Math.max(-Math.min(...values), by[name]));
  };
  const [down, right] = [step("y", height), step("x", width)];
  const there = ({ y, x }) => ({ y: rounded(y + down), x: rounded(x + right) });
  return shape.kind === "polygon" ? polygon(points.map(there)) : { ...shape, ...there(shape) };
}

/** The shape with one corner elsewhere; the opposite one of a rectangle stays. */
export function withCorner(shape, by, size, number) {
  const points = corners(shape);
  const there = inside({ y: points[number].y + by.y, x: points[number].x + by.x }, size);
  return shape.kind === "polygon" ? polygon(points.with(number, there)) : between(points[(number + 2) % 4], there);
}

/** The polygon with one corner more, behind the one of that number. */
export function withMiddle(shape, by, size, number) {
  const points = shape.points.toSpliced(number + 1, 0, middles(shape)[number]);
  return withCorner(polygon(points), by, size, number + 1);
}

/** The polygon without a corner. */
export const withoutCorner = (shape, number) => polygon(shape.points.toSpliced(number, 1));
