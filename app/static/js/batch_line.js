// Files that are sent together: one line that says how far all of them are.

import { element, setText } from "./dom.js";
import { fileSize, timeLeft } from "./words.js";

const PACE_MS = 15_000; // the time left is that of the last seconds

/** The line of a batch; `node` is its element. `pause` and `resume` are called for all its files. */
export function batchLine({ pause, resume }) {
  const files = new Map(); // a file -> {bytes, part, state: "coming" | "sent" | "not"}
  let skipped = 0;
  let steps = [];
  let isPaused = false;
  const title = element("p", { className: "name" });
  const status = element("p", { className: "status numbers" });
  const bar = element("progress", { max: 1, value: 0, ariaLabel: "Progress of all files", className: "thick" });
  const hold = element("button", { type: "button", className: "btn btn-plain btn-sm", onclick: toggle }, "Pause all");
  const acts = element("div", { className: "acts" }, hold);
  const node = element("div", { className: "batch-line sheet" }, element("div", {}, title, status, bar), acts);

  function toggle() {
    isPaused = !isPaused;
    setText(hold, isPaused ? "Go on with all" : "Pause all");
    steps = [];
    (isPaused ? pause : resume)();
    show();
  }

  function show() {
    const all = [...files.values()];
    const wanted = all.filter((one) => one.state === "coming" || one.state === "sent");
    const bytes = wanted.reduce((sum, one) => sum + one.bytes, 0);
    const sent = wanted.reduce((sum, one) => sum + one.bytes * one.part, 0);
    const done = wanted.filter((one) => one.state === "sent").length;
    const isOver = wanted.every((one) => one.state === "sent");
    setText(title, isOver ? told(done, "image", "sent") : `${done} of ${told(wanted.length, "image", "sent")}`);
    const isThere = !isOver && sent === bytes;
    const left = isOver || isThere ? "" : timeLeft(secondsLeft(sent, bytes));
    const refused = all.filter((one) => one.state === "not").length;
    const known = all.length - wanted.length - refused;
    const parts = [
      isOver ? fileSize(bytes) : `${fileSize(sent)} of ${fileSize(bytes)}`,
      isThere ? "all of it has arrived and is being checked" : isPaused ? "paused" : left,
      refused ? told(refused, "file", "not taken") : "",
      known ? told(known, "image", "translated before") : "",
      skipped ? told(skipped, "file", "in the folder skipped, no images") : "",
    ];
    setText(status, parts.filter(Boolean).join(" · "));
    bar.hidden = isOver;
    bar.value = bytes ? sent / bytes : 0;
    hold.hidden = isOver || isThere;
  }

  function secondsLeft(sent, bytes) {
    const now = performance.now();
    steps.push([now, sent]);
    while (steps.length > 2 && steps[0][0] < now - PACE_MS) steps.shift();
    const [since, before] = steps[0];
    const pace = (sent - before) / (now - since);
    return pace > 0 && now - since > 2000 ? (bytes - sent) / pace / 1000 : null;
  }

  return {
    node,
    get isPaused() {
      return isPaused;
    },

    /** A file is in the batch. */
    add(file) {
      files.set(file, { bytes: file.size, part: 0, state: "coming" });
      show();
    },

    /** A file of a folder is no image. */
    skip() {
      skipped += 1;
      show();
    },

    /** How far a file is. */
    moved(file, part) {
      files.get(file).part = part;
      show();
    },

    /** A file has become a job, of which `address` is the page of all. */
    sent(file, address) {
      Object.assign(files.get(file), { part: 1, state: "sent" });
      if (!acts.querySelector("a")) {
        acts.append(element("a", { href: address, className: "btn btn-plain btn-sm" }, "See all of them"));
      }
      show();
    },

    /** A file is not sent, as there is a translation of it. */
    known(file) {
      Object.assign(files.get(file), { part: 0, state: "known" });
      show();
    },

    /** A file does not become one, or is tried again. */
    dropped(file, isDropped = true) {
      Object.assign(files.get(file), { part: 0, state: isDropped ? "not" : "coming" });
      show();
    },
  };
}

function told(count, noun, what) {
  return `${count} ${noun}${count === 1 ? "" : "s"} ${what}`;
}
