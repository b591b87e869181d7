// One sent file on the home page: what is shown of it, from choosing to its result.

import { element, setText } from "./dom.js";
import { pair, picture } from "./pictures.js";
import { caution, fileSize, hasResult, holdUp, statusLine, timeLeft } from "./words.js";

const SHOWN_BY_BROWSER = ["image/png", "image/jpeg"];
const PREVIEW_BYTES = 20e6; // a browser decodes the whole picture for a small preview

/** A list item for a file; `node` is its element, the other members change what it shows. */
export function fileRow(file) {
  const thumbs = element("div", { className: "thumbs" }, preview(file));
  const name = element("p", { className: "name", title: file.name }, file.name);
  const status = element("p", { className: "status numbers" }, `Checking (${fileSize(file.size)})`);
  const bar = element("progress", { max: 1, value: 0, ariaLabel: `Progress of ${file.name}` });
  const warning = element("p", { className: "caution" });
  const acts = element("div", { className: "acts" });
  const node = element("li", { className: "file" }, thumbs, element("div", {}, name, status, bar, warning), acts);

  function button(words, action) {
    const made = element("button", { type: "button", className: "btn btn-plain btn-sm", onclick: action }, words);
    made.setAttribute("aria-label", `${words}: ${file.name}`);
    return made;
  }

  function link(words, address) {
    const primary = words === "Open result" ? "btn-primary" : "btn-plain";
    const made = element("a", { href: address, className: `btn ${primary} btn-sm` }, words);
    made.setAttribute("aria-label", `${words}: ${file.name}`);
    return made;
  }

  function show(text, fraction) {
    setText(status, text);
    bar.hidden = fraction === null;
    if (fraction !== null) bar.value = fraction;
  }

  return {
    node,
    show,

    /** Offer things to do with the file here: words to actions. */
    buttons(actions) {
      const wasHere = acts.contains(document.activeElement);
      acts.replaceChildren(...Object.entries(actions).map(([words, action]) => button(words, action)));
      if (wasHere) acts.querySelector("button")?.focus();
    },

    /** Nothing can be done any more, or the link to what came of it. */
    link(words, address) {
      if (!words) {
        acts.replaceChildren();
        return;
      }
      if (acts.querySelector("a")?.textContent === words) return; // somebody may be on it
      acts.replaceChildren(link(words, address));
    },

    /** The file was not sent, as `known` is its translation; `again` has it sent all the same. */
    offer(known, again) {
      show(`Translated before, on ${day(known)}; not sent again`, null);
      thumbs.replaceChildren(...pair(known.id));
      acts.replaceChildren(link("Open result", known.links.page), button("Translate again", again));
    },

    /** The file was sent, and `known` turns out to be its translation. */
    tell(known) {
      const words = `The same image was translated on ${day(known)}: open that result`;
      status.after(element("p", { className: "status" }, element("a", { href: known.links.page }, words)));
    },

    /** The file goes no further, and why. */
    refuse(reason) {
      node.classList.add("bad");
      show(reason, null);
    },

    /** A refused file is tried again. */
    revive() {
      node.classList.remove("bad");
    },

    /** What is wrong with the image of a job, of which `state` and `verdicts` are known. */
    warn(job) {
      setText(warning, caution(job));
    },

    /** The file is a job now; the server shows what the browser cannot. */
    taken(id) {
      if (thumbs.querySelector(".blank")) thumbs.replaceChildren(picture(id, "input"));
    },

    /** How its job stands. */
    job(job) {
      const left = job.state === "running" ? timeLeft(job.eta_s) : "";
      const moving = (job.state === "running" || job.state === "publishing") && !hasResult(job);
      node.classList.toggle("bad", job.state === "failed");
      this.warn({ state: job.state, verdicts: job.qc.verdicts });
      show(left ? `${statusLine(job)}, ${left}` : holdUp(job) || statusLine(job), moving ? job.progress : null);
      if (hasResult(job) && thumbs.querySelectorAll("img[src*='/pictures/']").length < 2) thumbs.replaceChildren(...pair(job.id));
    },
  };
}

function day(job) {
  return new Date(job.finished).toLocaleDateString(undefined, { dateStyle: "medium" });
}

function preview(file) {
  if (!SHOWN_BY_BROWSER.includes(file.type) || file.size > PREVIEW_BYTES) {
    return element("div", { className: "blank" });
  }
  const address = URL.createObjectURL(file);
  const forget = () => URL.revokeObjectURL(address);
  const image = element("img", { src: address, alt: "", onload: forget });
  image.onerror = () => {
    forget();
    image.replaceWith(element("div", { className: "blank" }));
  };
  return image;
}
