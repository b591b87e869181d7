// The home page: files that are dropped or chosen are checked, sent and followed.

import { batchLine } from "./batch_line.js";
import { isImage, refusal } from "./checks.js";
import { csrf } from "./csrf.js";
import { setText } from "./dom.js";
import { chosenFiles, droppedFiles } from "./folders.js";
import { knownTranslation } from "./known.js";
import { fileRow } from "./row.js";
import { followTiles } from "./tiles.js";
import { Cancelled, Sending, freshKey } from "./upload.js";
import { follow } from "./watch.js";
import { caution, ENDED, fileSize, hasResult, percent } from "./words.js";

const MOST_FOLLOWED = 20; // of a larger batch its page tells more

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

for (const chooser of [files, document.getElementById("folder")]) {
  const takeChosen = () => {
    void take(chosenFiles(chooser));
    chooser.value = "";
  };
  chooser.addEventListener("change", takeChosen);
  if (chooser.files.length) takeChosen(); // somebody was faster than this script
}
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
  void droppedFiles(event.dataTransfer).then(take);
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

async function take(chosen) {
  const size = pixelSize();
  if (size === null) {
    mpp.focus();
    return;
  }
  if (chosen.length === 0) return;
  const model = form.querySelector("input[name=model]:checked")?.value ?? "";
  sent.hidden = false;
  if (document.getElementById("nothing-yet")) document.getElementById("latest").hidden = true;
  const sendings = new Set();
  const batch = {
    fields: { model, mpp: size, batch: freshKey(), project: form.elements.project?.value ?? "" },
    isFollowed: chosen.length <= MOST_FOLLOWED,
    sendings,
    line: batchLine({
      pause: () => sendings.forEach((one) => one.pause()),
      resume: () => sendings.forEach((one) => one.resume()),
    }),
  };
  const list = Object.assign(document.createElement("ul"), { className: "files sheet" });
  if (chosen.length > 1 || chosen[0].isInFolder) sentFiles.append(batch.line.node);
  sentFiles.append(list);
  for (const one of chosen) await admit(one, batch, list);
  list.hidden = !list.hasChildNodes();
}

// Small checks come before anything is sent; a folder may well hold other things than images.
async function admit({ file, path, isInFolder }, batch, list) {
  if (isInFolder && !(await isImage(file).catch(() => false))) {
    batch.line.skip();
    return;
  }
  const row = fileRow(file);
  list.append(row.node);
  batch.line.add(file);
  const reason = await refusal(file, limits);
  if (reason) {
    row.refuse(reason);
    batch.line.dropped(file);
    say(`${file.name} was not taken. ${reason}`);
    return;
  }
  void sendUnlessKnown(file, path, row, batch);
}

// What has been translated already is offered; whoever wants it again has it sent.
async function sendUnlessKnown(file, path, row, batch) {
  unsent.add(row);
  const known = await knownTranslation(file, batch.fields);
  unsent.delete(row);
  if (!known) {
    await send(file, path, row, batch);
    return;
  }
  batch.line.known(file);
  row.offer(known, () => void send(file, path, row, batch));
  say(`${file.name} has been translated before.`);
}

async function send(file, path, row, batch) {
  row.revive();
  batch.line.dropped(file, false);
  unsent.add(row);
  let last = "";
  const sending = new Sending(file, {
    path,
    fields: batch.fields,
    tell: (state, part) => {
      row.show(words(state, part, sending.wentOnAt, file), part);
      batch.line.moved(file, part);
      if (state !== last) row.buttons(actions(state, sending));
      last = state;
    },
  });
  batch.sendings.add(sending);
  if (batch.line.isPaused) sending.pause();
  else sending.start();
  try {
    const job = await sending.result;
    say(`${file.name} is in the queue. ${caution(job)}`.trim());
    row.warn(job);
    if (job.known) row.tell(job.known); // it was too large to look before
    batch.line.sent(file, job.links.batch_page);
    if (batch.isFollowed) watch(file, row, job.id);
    else settle(row, job.id);
  } catch (error) {
    batch.line.dropped(file);
    row.link("", "");
    if (error instanceof Cancelled) {
      row.show("Cancelled before it was sent", null);
      return;
    }
    row.refuse(error.message);
    say(`${file.name} was not taken. ${error.message}`);
    if (error.canRetry) row.buttons({ "Try again": () => void send(file, path, row, batch) });
  } finally {
    unsent.delete(row);
    batch.sendings.delete(sending);
  }
}

function words(state, part, wentOnAt, file) {
  const whole = part === 1;
  if (state === "waiting") return part ? `Waiting to be sent, goes on at ${percent(part)}` : "Waiting to be sent";
  if (state === "paused") return `Paused at ${percent(part)}`;
  if (state === "lost" && whole) return "No connection. All of it has arrived; it is queued when the service answers.";
  if (state === "lost") return "No connection. It goes on by itself when the service answers.";
  if (state === "full") return whole ? "It has arrived, and is queued when there is room" : "The service has much to do; goes on by itself";
  if (state === "checking" || whole) return "Checking the image";
  if (wentOnAt && part === wentOnAt) return `Goes on at ${percent(part)}`;
  const since = wentOnAt ? `, went on at ${percent(wentOnAt)}` : "";
  return `Sending: ${percent(part)} of ${fileSize(file.size)}${since}`;
}

function actions(state, sending) {
  const cancel = { Cancel: () => sending.cancel() };
  if (state === "paused") return { "Go on": () => sending.resume(), ...cancel };
  if (state === "checking") return cancel;
  return { Pause: () => sending.pause(), ...cancel };
}

function settle(row, id) {
  row.taken(id);
  row.show("In the queue", null);
  row.link("Details", `/jobs/${encodeURIComponent(id)}`);
}

function watch(file, row, id) {
  const address = `/jobs/${encodeURIComponent(id)}`;
  row.taken(id);
  row.show("Waiting for its turn", null);
  row.buttons({
    Cancel: () => {
      row.show("Stopping", null);
      const asked = fetch(`/api/v1/jobs/${encodeURIComponent(id)}/cancel`, { method: "POST", headers: csrf() });
      asked.catch(() => row.show("The service does not answer; press Cancel again", null));
    },
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
