// The page of images that were sent together: one question for all of them, every few seconds.

import { setText } from "./dom.js";
import { update } from "./tiles.js";
import { localise } from "./times.js";
import { batchLine, batchName, batchTitle, isUnfinished, timeLeft } from "./words.js";

const ASK_MS = 2000;
const ASK_HIDDEN_MS = 8000;

const head = document.getElementById("batch");
const tiles = document.getElementById("images");
let timer = 0;
let spokenOf = "";

if ("unfinished" in head.dataset) schedule();

function schedule() {
  clearTimeout(timer);
  timer = setTimeout(ask, document.hidden ? ASK_HIDDEN_MS : ASK_MS);
}

async function ask() {
  const query = new URLSearchParams({ limit: head.dataset.limit });
  if (head.dataset.cursor) query.set("cursor", head.dataset.cursor);
  let batch;
  try {
    // The browser asks with the ETag that it has seen, and takes what it has when nothing changed.
    const answer = await fetch(`${head.dataset.batch}?${query}`, { cache: "no-cache" });
    if (answer.status === 404) {
      location.reload(); // the page says what has become of it
      return;
    }
    if (!answer.ok) throw new Error(answer.statusText);
    batch = await answer.json();
  } catch {
    setText(document.getElementById("left"), "The service does not answer; trying again");
    schedule();
    return;
  }
  await show(batch);
  if (isUnfinished(batch)) schedule();
}

async function show(batch) {
  setText(document.getElementById("name"), batchName(batch));
  setText(document.getElementById("line"), batchLine(batch));
  setText(document.getElementById("left"), timeLeft(batch.eta_s));
  document.getElementById("progress").value = batch.progress;
  document.getElementById("progress").hidden = !isUnfinished(batch);
  document.getElementById("zip").hidden = !batch.counts.done;
  document.getElementById("failed").hidden = !batch.counts.failed;
  document.getElementById("stay").hidden = !isUnfinished(batch);
  document.title = batchTitle(batch);
  tell(batch);
  await showImages(batch.images);
}

async function showImages(images) {
  const shown = new Map(Array.from(tiles.children, (tile) => [tile.dataset.job, tile]));
  if (images.some((image) => !shown.has(image.id))) for (const tile of await newTiles(shown)) tiles.append(tile);
  for (const image of images) if (shown.has(image.id)) update(shown.get(image.id), image);
  const there = new Set(images.map((image) => image.id));
  for (const [id, tile] of shown) if (!there.has(id)) tile.remove();
}

// Images that were sent since: the server draws tiles, so that there is one way to do it.
async function newTiles(shown) {
  const answer = await fetch(location.href);
  if (!answer.ok) return [];
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = [...page.querySelectorAll("#images > li")].filter((tile) => !shown.has(tile.dataset.job));
  return found.map((tile) => localise(document.adoptNode(tile)));
}

// A screen reader hears when an image has ended, not each percent.
function tell(batch) {
  const ended = JSON.stringify([batch.total, batch.counts.done, batch.counts.failed]);
  if (spokenOf && spokenOf !== ended) setText(document.getElementById("spoken"), batchLine(batch));
  spokenOf = ended;
}

document.addEventListener("visibilitychange", () => {
  if (timer && !document.hidden) {
    clearTimeout(timer);
    timer = 0;
    void ask();
  }
});
