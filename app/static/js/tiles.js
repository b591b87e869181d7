// The tiles of earlier images: those that are still at work are kept up to date.

import { setText } from "./dom.js";
import { pair } from "./pictures.js";
import { follow } from "./watch.js";
import { ENDED, hasResult, STATES, statusLine } from "./words.js";

/** Follow every unfinished job whose tile is on the page. */
export function followTiles() {
  for (const tile of document.querySelectorAll("li[data-job]")) {
    if (!ENDED.includes(tile.dataset.state)) {
      follow(tile.dataset.job, { changed: (job) => update(tile, job), gone: () => tile.remove() });
    }
  }
}

function update(tile, job) {
  const state = tile.querySelector(".state");
  state.className = `state ${job.state}`;
  setText(state, STATES[job.state]);
  setText(tile.querySelector(".status"), job.state === "failed" ? "Open it to see why" : statusLine(job));
  const bar = tile.querySelector("progress");
  if (bar) bar.value = job.progress;
  if (hasResult(job)) showResult(tile, job);
  else if (ENDED.includes(job.state)) bar?.remove();
}

function showResult(tile, job) {
  const pictures = tile.querySelector(".pair");
  if (pictures.querySelectorAll("img").length < 2) pictures.replaceChildren(...pair(job.id));
}
