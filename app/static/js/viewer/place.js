// The part of the address behind # that says what is seen: where, how large, and in which mode.

const MODES = ["curtain", "side", "opacity", "blink"];

/** `#mode=curtain&x=5120&y=3300.5&zoom=0.75&at=0.5`, where `at` is the curtain or the opacity. */
export function written({ mode, x, y, zoom, at }) {
  const fields = { mode, x: rounded(x, 1), y: rounded(y, 1), zoom: zoom.toPrecision(5), at: rounded(at, 3) };
  return `#${new URLSearchParams(fields)}`;
}

/** What an address says, of which each field may be absent; numbers that are none count as absent. */
export function read(hash) {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const found = {};
  for (const name of ["x", "y", "zoom", "at"]) {
    const value = Number.parseFloat(fields.get(name));
    if (Number.isFinite(value)) found[name] = value;
  }
  if (!(found.zoom > 0)) delete found.zoom;
  if (MODES.includes(fields.get("mode"))) found.mode = fields.get("mode");
  return found;
}

/** Whether it says where to look, and not only how. */
export function isPlace(found) {
  return ["x", "y", "zoom"].every((name) => name in found);
}

function rounded(value, digits) {
  return String(Number(value.toFixed(digits)));
}
