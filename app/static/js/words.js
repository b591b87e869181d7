// Numbers and states in words; app/pages/words.py says the same on the server.

export const ENDED = ["done", "failed", "cancelled"];

export const STATES = {
  queued: "Waiting",
  running: "Running",
  publishing: "Storing",
  done: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
};

/** Bytes as "12.4 MB", in decimal units, rounded down to one digit. */
export function fileSize(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${Math.floor(value * 10) / 10} ${units[unit]}`;
}

/** Pixels (height times width) as "120 megapixels", rounded down to one digit. */
export function megapixels(pixels) {
  return `${(Math.floor(pixels / 1e5) / 10).toLocaleString("en")} megapixels`;
}

/** A part of one as "37 %", rounded down, so that 100 % is the end. */
export function percent(part) {
  return `${Math.floor(part * 100)} %`;
}

/** Estimated seconds left as "about 40 s left"; empty while nothing is known. */
export function timeLeft(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 5) return "a few seconds left";
  if (seconds < 60) return `about ${Math.ceil(seconds / 5) * 5} s left`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min left`;
  return `about ${Math.round(seconds / 3600)} h left`;
}

/** What is happening to a job now; `job` is the document of the API. */
export function statusLine(job) {
  if (job.state === "queued") {
    if (!job.position) return "Waiting for its turn";
    return job.position === 1 ? "Waiting: next in the queue" : `Waiting: place ${job.position} in the queue`;
  }
  if (job.state === "running") {
    return job.progress ? `Translating: ${percent(job.progress)}` : "Reading the image";
  }
  if (job.state === "publishing") return "Storing the result";
  if (job.state === "failed") return job.error?.message ?? "Failed";
  return STATES[job.state] ?? job.state;
}

/** Why a result is not yet where people find it; empty when nothing is in the way. */
export function holdUp(job) {
  if (!job.publication) return "";
  const { tries, message } = job.publication;
  return `Not stored after ${tries} attempt${tries === 1 ? "" : "s"}: ${sentence(message)}`;
}

/** When storing is tried again, on the reader's clock; empty when it was not tried in vain. */
export function nextAttempt(job) {
  if (!job.publication) return "";
  return `Trying again at ${new Date(job.publication.next_try).toLocaleTimeString()}`;
}

/** The text with a capital at its beginning and a stop at its end, where they do no harm. */
export function sentence(text) {
  const isPlain = /^[a-z]+(?=[ ,;.!?]|$)/.test(text);
  const begun = isPlain ? text.slice(0, 1).toUpperCase() + text.slice(1) : text;
  const isComplete = /[.!?]$/.test(text) || /[=/:]\S*$/.test(text);
  return isComplete ? begun : `${begun}.`;
}

/**
 * What is wrong with an image, and what can be done as long as it is not translated; or "". Of a job
 * `state` and `verdicts`.
 */
export function caution({ state, verdicts }) {
  const warnings = verdicts.filter((told) => told.severity === "warning").map((told) => told.sentence);
  if (warnings.length && ["queued", "running"].includes(state)) warnings.push("If it was sent by mistake, cancel it.");
  return warnings.join(" ");
}

/** Whether there is a result to be seen, stored or not. */
export function hasResult(job) {
  return "result" in job.links;
}

const IN_BATCH = { failed: "failed", cancelled: "cancelled", publishing: "being stored", running: "running", queued: "waiting" };

/** The heading of a batch; `batch` is the document of the API. */
export function batchName(batch) {
  return batch.total === 1 ? "1 image" : `${batch.total} images sent together`;
}

/** How far the images of a batch are: "7 of 12 done · 1 failed · 4 waiting". */
export function batchLine(batch) {
  const others = Object.keys(IN_BATCH).filter((state) => batch.counts[state]);
  return [done(batch), ...others.map((state) => `${batch.counts[state]} ${IN_BATCH[state]}`)].join(" · ");
}

/** The title of a batch's page. */
export function batchTitle(batch) {
  return `${done(batch)} · Images sent together · Color Mapper`;
}

function done(batch) {
  const number = batch.counts.done;
  return number === batch.total ? `All ${number} done` : `${number} of ${batch.total} done`;
}

/** Whether one of a batch's images may still change by itself. */
export function isUnfinished(batch) {
  return Object.entries(batch.counts).some(([state, number]) => number && !ENDED.includes(state));
}

/** The title of a job's page: how it stands, then its name. */
export function titleWords(job) {
  const running = job.state === "running" && job.progress;
  return `${running ? percent(job.progress) : STATES[job.state]} · ${job.name} · Color Mapper`;
}
