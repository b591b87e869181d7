// The page of one job: its progress while it runs, and the link to copy.

import { copyText } from "./clipboard.js";
import { setText } from "./dom.js";
import { follow } from "./watch.js";
import { ENDED, hasResult, holdUp, nextAttempt, sentence, STATES, statusLine, timeLeft, titleWords } from "./words.js";

const head = document.getElementById("job");
const spoken = document.getElementById("spoken");

if (!ENDED.includes(head.dataset.state)) {
  const again = () => location.reload(); // the server knows how to show what came of it
  const isNew = (job) => ENDED.includes(job.state) || (hasResult(job) && !("shown" in head.dataset));
  follow(head.dataset.job, { changed: (job) => (isNew(job) ? again() : update(job)), gone: again, lost });
}

function update(job) {
  const state = head.querySelector(".state");
  state.className = `state ${job.state}`;
  setText(state, STATES[job.state]);
  setText(document.getElementById("status"), statusLine(job));
  setText(document.getElementById("left"), job.state === "running" ? timeLeft(job.eta_s) : nextAttempt(job));
  if ("shown" in head.dataset) showHoldUp(job);
  else document.getElementById("progress").value = job.progress;
  document.title = titleWords(job);
  tell(job);
}

function showHoldUp(job) {
  const line = document.getElementById("hold-up");
  setText(line, holdUp(job));
  line.hidden = !job.publication;
}

// A screen reader hears each new state, every quarter of the way, and what is in the way.
function tell(job) {
  const quarter = Math.floor(job.progress * 4) * 25;
  const words = job.state === "running" && quarter ? `${quarter} percent done` : STATES[job.state];
  setText(spoken, job.publication ? sentence(job.publication.message) : words);
}

function lost() {
  setText(document.getElementById("left"), "The service does not answer; trying again");
}

for (const button of document.querySelectorAll("[data-copies]")) {
  button.addEventListener("click", () => copy(button, document.getElementById(button.dataset.copies)));
}

async function copy(button, input) {
  const words = (await copyText(input)) ? "Copied" : "Press Ctrl+C";
  setText(button, words);
  setText(document.getElementById("copied"), words);
  setTimeout(() => {
    setText(button, "Copy");
    setText(document.getElementById("copied"), "");
  }, 3000);
}
