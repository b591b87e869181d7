// The home page: files that are dropped or chosen are checked, sent and followed one by one.

import { refusal } from "./checks.js";
import { csrf } from "./csrf.js";
import { setText } from "./dom.js";
import { fileRow } from "./row.js";
import { followTiles } from "./tiles.js";
import { freshKey, upload } from "./upload.js";
import { follow } from "./watch.js";
import { ENDED, hasResult } from "./words.js";

const form = document.getElementById("intake");
const drop = document.getElementById("drop");
const files = document.getElementById("files");
const mpp = document.getElementById("mpp");
const mppProblem = document.getElementById("mpp-problem");
const sent = document.getElementById("sent");
const sentFiles = document.getElementById("sent-files");
const spoken = document.getElementById("spoken");
const limits = { maxBytes: Number(form.dataset.maxBytes), maxPixels: Number(form.dataset.maxPixels) };
const unsent = new Set();

followTiles();

files.addEventListener("change", () => {
  take([...files.files]);
  files.value = "";
});
form.addEventListener("submit", (event) => event.preventDefault());
mpp.addEventListener("input", () => pixelSize());

// The whole window takes a drop: a file that misses the area must not replace the page.
let depth = 0;
window.addEventListener("dragenter", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  depth += 1;
  drop.classList.add("over");
});
window.addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
});
window.addEventListener("dragleave", () => {
  depth = Math.max(0, depth - 1);
  if (depth === 0) drop.classList.remove("over");
});
window.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  depth = 0;
  drop.classList.remove("over");
  take([...event.dataTransfer.files]);
});
window.addEventListener("beforeunload", (event) => {
  if (unsent.size) event.preventDefault();
});

function carriesFiles(event) {
  return event.dataTransfer?.types.includes("Files");
}

// The pixel size in µm as text, "" when none is given, null (and a message) when it is wrong.
function pixelSize() {
  const text = mpp.value.trim().replace(",", ".");
  const least = Number(form.dataset.mppLeast);
  const most = Number(form.dataset.mppMost);
  const wrong = text !== "" && !(Number(text) >= least && Number(text) <= most);
  mppProblem.hidden = !wrong;
  mpp.setAttribute("aria-invalid", String(wrong));
  setText(mppProblem, wrong ? `Write a number from ${least} to ${most}, like 0.5, or leave this empty.` : "");
  return wrong ? null : text;
}

function take(chosen) {
  const size = pixelSize();
  if (size === null) {
    mpp.focus();
    return;
  }
  const model = form.querySelector("input[name=model]:checked")?.value ?? "";
  const batch = freshKey();
  sent.hidden = sent.hidden && chosen.length === 0;
  if (document.getElementById("nothing-yet")) document.getElementById("latest").hidden = !sent.hidden;
  for (const file of chosen) void process(file, { model, mpp: size, batch });
  sentFiles.lastElementChild?.scrollIntoView({ block: "nearest" });
}

async function process(file, fields) {
  const row = fileRow(file);
  sentFiles.append(row.node);
  const reason = await refusal(file, limits);
  if (reason) {
    row.refuse(reason);
    say(`${file.name} was not taken. ${reason}`);
    return;
  }
  await send(file, fields, row, freshKey());
}

async function send(file, fields, row, key) {
  const control = new AbortController();
  row.revive();
  row.button("Cancel", () => control.abort(new Error("cancelled")));
  row.show("Waiting to be sent", 0);
  unsent.add(row);
  try {
    const job = await upload(file, {
      key,
      fields,
      signal: control.signal,
      moved: (part) => row.show(part < 1 ? `Uploading, ${Math.floor(part * 100)} %` : "Checking the image", part),
      paused: (why) => row.show(why, 0),
    });
    say(`${file.name} is in the queue.`);
    watch(file, row, job.id);
  } catch (error) {
    if (control.signal.aborted) {
      row.show("Cancelled before it was sent", null);
      row.link("", "");
      return;
    }
    row.refuse(error.message);
    say(`${file.name} was not taken. ${error.message}`);
    if (error.canRetry) row.button("Try again", () => void send(file, fields, row, key));
    else row.link("", "");
  } finally {
    unsent.delete(row);
  }
}

function watch(file, row, id) {
  const address = `/jobs/${encodeURIComponent(id)}`;
  row.taken(id);
  row.show("Waiting for its turn", null);
  row.button("Cancel", () => {
    row.show("Stopping", null);
    const asked = fetch(`/api/v1/jobs/${encodeURIComponent(id)}/cancel`, { method: "POST", headers: csrf() });
    asked.catch(() => row.show("The service does not answer; press Cancel again", null));
  });
  follow(id, {
    changed: (job) => {
      row.job(job);
      if (hasResult(job)) row.link("Open result", address);
      if (!ENDED.includes(job.state)) return;
      if (!hasResult(job)) row.link("Details", address);
      say(`${file.name}: ${job.state}.`);
    },
    gone: () => {
      row.show("Deleted", null);
      row.link("", "");
    },
    lost: () => row.show("The service does not answer; trying again", null),
  });
}

function say(words) {
  setText(spoken, words);
}
