// The tiles of earlier images: those that are still at work are kept up to date.

import { setText } from "./dom.js";
import { pair } from "./pictures.js";
import { follow } from "./watch.js";
import { caution, ENDED, hasResult, sentence, STATES, statusLine } from "./words.js";

const NO_RESULT = "There is no result";

/** Follow every unfinished job whose tile is on the page. */
export function followTiles() {
  for (const tile of document.querySelectorAll("li[data-job]")) {
    if (!ENDED.includes(tile.dataset.state)) {
      follow(tile.dataset.job, { changed: (job) => update(tile, job), gone: () => tile.remove() });
    }
  }
}

/** Show how a job stands; its reason, too, on tiles that have room for one. */
export function update(tile, job) {
  tile.dataset.state = job.state;
  const state = tile.querySelector(".state");
  state.className = `state ${job.state}`;
  setText(state, STATES[job.state]);
  const why = tile.querySelector(".why");
  setText(tile.querySelector(".status"), job.state === "failed" ? (why ? NO_RESULT : "Open it to see why") : statusLine(job));
  if (why) setText(why, job.error ? sentence(job.error.message) : "");
  if (job.verdicts) setText(tile.querySelector(".caution"), caution(job));
  const bar = tile.querySelector("progress");
  if (bar) bar.value = job.progress;
  if (hasResult(job)) showResult(tile, job);
  else if (ENDED.includes(job.state)) bar?.remove();
}

function showResult(tile, job) {
  const pictures = tile.querySelector(".pair");
  if (pictures.querySelectorAll("img").length < 2) pictures.replaceChildren(...pair(job.id));
}
