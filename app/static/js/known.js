// Whether an image has been translated already, asked before a byte of it is sent.

import { sha256 } from "../vendor/@noble/hashes/sha2.js";

const MOST_BYTES = 256e6; // a second or two; larger files are told apart once they have arrived
const PIECE_BYTES = 2 ** 20;

let queue = Promise.resolve();

/**
 * The job, as the API tells of it, that sending the file would repeat; null when there is none, when
 * the file is too large to look, or when nobody answers. One file is looked at after the other.
 */
export function knownTranslation(file, { model, mpp }) {
  const asked = queue.then(() => ask(file, { model, mpp })).catch(() => null);
  queue = asked;
  return asked;
}

async function ask(file, { model, mpp }) {
  if (file.size > MOST_BYTES) return null;
  const query = new URLSearchParams({ sha256: await digest(file) });
  if (model) query.set("model", model);
  if (mpp) query.set("mpp", mpp);
  const answer = await fetch(`/api/v1/translations?${query}`, { cache: "no-store" });
  return answer.ok ? (await answer.json()).job : null;
}

// Browsers bring a SHA-256 for https only, and for files that fit into memory.
async function digest(file) {
  const hash = sha256.create();
  for (let start = 0; start < file.size; start += PIECE_BYTES) {
    hash.update(new Uint8Array(await file.slice(start, start + PIECE_BYTES).arrayBuffer()));
  }
  return Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
