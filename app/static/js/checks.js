// What is wrong with a file, found before a byte of it is sent. The server checks again.

import { fileSize, megapixels } from "./words.js";

const SIGNATURES = [
  [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], // PNG
  [0xff, 0xd8, 0xff], // JPEG
  [0x49, 0x49, 0x2a, 0x00], // TIFF
  [0x4d, 0x4d, 0x00, 0x2a],
  [0x49, 0x49, 0x2b, 0x00], // BigTIFF
  [0x4d, 0x4d, 0x00, 0x2b],
];
const PNG_HEADER_BYTES = 24;

/** The reason why a file cannot be sent, or null. `limits` has `maxBytes` and `maxPixels`. */
export async function refusal(file, limits) {
  let start;
  try {
    start = new DataView(await file.slice(0, PNG_HEADER_BYTES).arrayBuffer());
  } catch {
    return "This cannot be read. If it is a folder, choose the images in it.";
  }
  if (file.size === 0) return "This file is empty. Export the image again.";
  if (file.size > limits.maxBytes) {
    return `This file has ${fileSize(file.size)}; the limit is ${fileSize(limits.maxBytes)}. Crop the image, or compress it.`;
  }
  const known = SIGNATURES.find((bytes) => begins(start, bytes));
  if (!known) return "This is not a PNG, JPEG or TIFF image. Export it as one of these.";
  if (known === SIGNATURES[0] && start.byteLength === PNG_HEADER_BYTES) {
    const width = start.getUint32(16);
    const height = start.getUint32(20);
    if (width * height > limits.maxPixels) {
      return `This image has ${width} × ${height} px; the limit is ${megapixels(limits.maxPixels)}. Crop it.`;
    }
  }
  return null;
}

/** Whether a file begins as an image that is taken does. */
export async function isImage(file) {
  const start = new DataView(await file.slice(0, PNG_HEADER_BYTES).arrayBuffer());
  return SIGNATURES.some((bytes) => begins(start, bytes));
}

function begins(view, bytes) {
  return view.byteLength >= bytes.length && bytes.every((byte, index) => view.getUint8(index) === byte);
}
