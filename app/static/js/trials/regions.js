// Where a region lies, in px of the image as it was sent; and its size in words.

/** The region between two corners, of whole px inside an image of this size; null when it is empty. */
export function between(first, second, { width, height }) {
  const inside = (value, most) => Math.min(most, Math.max(0, value));
  const [left, right] = [first.x, second.x].sort((a, b) => a - b).map((x) => inside(Math.round(x), width));
  const [top, bottom] = [first.y, second.y].sort((a, b) => a - b).map((y) => inside(Math.round(y), height));
  if (right <= left || bottom <= top) return null;
  return { y: top, x: left, height: bottom - top, width: right - left };
}

/** The same region around its middle, with at most so many px. */
export function shrunk(region, mostPx) {
  const factor = Math.min(1, Math.sqrt(mostPx / (region.width * region.height)));
  const width = Math.max(1, Math.floor(region.width * factor));
  const height = Math.max(1, Math.min(Math.floor(region.height * factor), Math.floor(mostPx / width)));
  const x = region.x + Math.floor((region.width - width) / 2);
  const y = region.y + Math.floor((region.height - height) / 2);
  return { y, x, height, width };
}

/** `640 × 480 px · 320 × 240 µm`; `mpp` is null when nobody knows the scale. */
export function sizeWords({ width, height }, mpp) {
  const px = `${width.toLocaleString("en")} × ${height.toLocaleString("en")} px`;
  if (!mpp) return px;
  const isLarge = Math.max(width, height) * mpp >= 1000;
  const length = (value) => Number((isLarge ? (value * mpp) / 1000 : value * mpp).toPrecision(3));
  return `${px} · ${length(width)} × ${length(height)} ${isLarge ? "mm" : "µm"}`;
}

export const megapixels = (px) => (px / 1e6).toFixed(1);

export function isSame(one, other) {
  return ["y", "x", "height", "width"].every((name) => one[name] === other[name]);
}
