// The review page: shows the result at hand, takes keys, clicks and drawings, saves verdicts.

import { element, setText } from "../dom.js";
import { Drafts } from "./drafts.js";
import { stepPx } from "./handles.js";
import { Panes } from "./panes.js";
import { Queue } from "./queue.js";
import { RegionLayer } from "./regions.js";

const WORDS = { accept: "Accepted", reject: "Rejected", unsure: "Unsure" };
const at = (id) => document.getElementById(id);
const desk = at("desk");
const titles = JSON.parse(desk.dataset.titles); // of models, by name
const queue = new Queue(desk.dataset.state, desk.dataset.project, new Drafts(desk.dataset.me ?? ""));
const chips = [...document.querySelectorAll("[data-reason]")];
const times = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const prefetched = new Map();
let marked = null;

const layer = new RegionLayer(at("regions"), {
  drawn(region) {
    queue.setRegions([...queue.current.draft.regions, region]);
    marked = region.id;
    showRegions();
    // Where a finger drew, words would bring up a keyboard over the picture.
    if (matchMedia("(hover: none)").matches) layer.focus(region.id);
    // Before anything is typed, the picture stays where the next region may be drawn.
    else at("drawn").lastElementChild.querySelector("input").focus({ preventScroll: true });
  },
  chosen(id) {
    marked = id;
    showRegions();
  },
  changed(region, shape, goesOn) {
    queue.reshape(region, shape, goesOn);
    showRegions();
  },
  toolChanged(tool) {
    if (tool) setText(at("spoken"), `Drawing a ${tool}: arrows move the cross, Enter puts a corner there`);
    for (const name of ["rectangle", "polygon"]) at(name).setAttribute("aria-pressed", String(tool === name));
  },
});

const panes = new Panes(
  {
    first: at("pane"),
    second: at("second"),
    input: at("input"),
    result: at("result"),
    firstTag: at("first-tag"),
    scalebar: at("scalebar"),
    scalebarWords: at("scalebar-words"),
  },
  layer,
);

// One thing after the other: a key that is pressed while a verdict is saved waits for it.
let busy = Promise.resolve();
function inTurn(action) {
  busy = busy.then(action).then(show, complain);
  return busy;
}

function complain(error) {
  at("trouble").hidden = false;
  setText(at("trouble").firstElementChild, error.message);
  show({ keepsTrouble: true });
}

function show({ keepsTrouble = false } = {}) {
  if (!keepsTrouble) at("trouble").hidden = true;
  const one = queue.current;
  at("case").hidden = one === null;
  at("nothing").hidden = one !== null;
  setText(at("left"), queue.total ? `${queue.left} left` : "");
  at("undo").disabled = !queue.canUndo;
  if (one === null) return;
  showJob(one);
  showOpinion(one);
  prefetch();
}

function showJob({ job, view }) {
  setText(at("name"), job.name);
  at("name").href = job.links.page;
  at("view").hidden = !job.links.view;
  at("view").href = job.links.view ?? job.links.page;
  setText(at("model"), titles[job.model] ?? job.model);
  at("sent").dateTime = job.created;
  setText(at("sent"), times.format(new Date(job.created)));
  const isMine = !job.sender || job.sender === desk.dataset.me;
  at("sender").hidden = isMine;
  setText(at("sender"), isMine ? "" : `by ${job.sender}`);
  picture("input", job.links.input_preview, `Input image ${job.name}`);
  picture("result", job.links.result_preview, `${job.name} as virtual H&E`);
  panes.show(view);
}

function picture(id, address, alt) {
  const image = at(id);
  if (image.getAttribute("src") === address) return;
  image.src = address;
  image.alt = alt;
}

function showOpinion({ job, draft, review }) {
  const verdict = review?.verdict ?? null;
  at("verdict").hidden = verdict === null;
  at("verdict").className = `verdict ${verdict}`;
  setText(at("verdict"), verdict ? `${WORDS[verdict]} by ${review.reviewer}` : "");
  for (const button of document.querySelectorAll("[data-verdict]")) {
    button.setAttribute("aria-pressed", String(button.dataset.verdict === verdict));
  }
  for (const [id, value] of [["note", draft.note], ["tissue", draft.tissue]]) {
    if (document.activeElement !== at(id)) at(id).value = value;
  }
  showReason(draft);
  showRegions();
  document.title = `${job.name} · Review · Color Mapper`;
}

function showReason({ reason }) {
  for (const chip of chips) chip.setAttribute("aria-pressed", String(chip.dataset.reason === reason));
  const isOwn = reason && !chips.some((chip) => chip.dataset.reason === reason);
  if (document.activeElement !== at("reason")) at("reason").value = isOwn ? reason : "";
}

function showRegions() {
  const { job, draft } = queue.current;
  at("undo").disabled = !queue.canUndo;
  layer.show(job.result, draft.regions, marked);
  const rows = [...at("drawn").children];
  const isShown = rows.length === draft.regions.length && rows.every((row, index) => row.region === draft.regions[index]);
  // Rows that stay are left alone: somebody may be typing in one.
  if (!isShown) at("drawn").replaceChildren(...draft.regions.map(regionRow));
  for (const row of at("drawn").children) row.classList.toggle("marked", row.region.id === marked);
}

function regionRow(region, index) {
  const name = `region ${index + 1}`;
  const verdict = element("select", { className: "form-select form-select-sm", ariaLabel: `Verdict on ${name}` });
  for (const [value, words] of Object.entries(WORDS)) verdict.append(element("option", { value }, words));
  verdict.value = region.verdict;
  const field = (key, words, length) => {
    const made = element("input", { className: "form-control form-control-sm", placeholder: words, value: region[key], maxLength: length });
    made.ariaLabel = `${words} of ${name}`;
    made.addEventListener("input", () => (region[key] = made.value));
    return made;
  };
  const label = field("label", "Label", 80);
  label.setAttribute("list", "labels");
  const remove = element("button", { type: "button", className: "btn btn-plain btn-sm", ariaLabel: `Remove ${name}` }, "Remove");
  const row = element("li", {}, verdict, label, field("comment", "Comment", 2000), remove);
  row.region = region;
  row.addEventListener("focusin", () => {
    marked = region.id;
    showRegions();
  });
  verdict.addEventListener("change", () => {
    region.verdict = verdict.value;
    showRegions();
  });
  remove.addEventListener("click", () => removeRegion(region.id));
  return row;
}

function removeRegion(id) {
  const { regions } = queue.current.draft;
  const kept = regions.filter((region) => region.id !== id);
  if (kept.length === regions.length) return;
  queue.setRegions(kept);
  showRegions();
}

// The next pictures are there before they are asked for.
function prefetch() {
  for (const { job } of queue.following) {
    if (prefetched.has(job.id)) continue;
    prefetched.set(job.id, [job.links.input_preview, job.links.result_preview].map((src) => Object.assign(new Image(), { src })));
  }
}

function decide(verdict) {
  return inTurn(async () => {
    const one = queue.current;
    if (one === null) return;
    leaveFields();
    await queue.say(verdict);
    remember(one.draft.tissue);
    setText(at("spoken"), `${one.job.name}: ${WORDS[verdict]}`);
    await queue.forward();
  });
}

// The latest first: a corner of what is being drawn, a region, a verdict.
function undo() {
  return inTurn(async () => {
    if (layer.sketch.stepBack() || queue.undoRegions()) return;
    leaveFields();
    if (await queue.undo()) setText(at("spoken"), `${queue.current.job.name}: taken back`);
  });
}

const step = (move) => inTurn(() => {
  leaveFields();
  return move();
});

function leaveFields() {
  layer.sketch.use(null);
  marked = null;
  if (at("case").contains(document.activeElement)) document.activeElement.blur();
}

// From the words of a region to the region, and from there to nothing.
function leave(target) {
  const row = target.closest("#drawn li");
  if (row) {
    layer.focus(row.region.id);
    return;
  }
  leaveFields();
  if (queue.current) showRegions();
}

function remember(tissue) {
  const known = [...at("tissues").options].some((option) => option.value === tissue);
  if (tissue && !known) at("tissues").append(element("option", { value: tissue }));
}

function choose(reason) {
  const { draft } = queue.current;
  draft.reason = draft.reason === reason ? "" : reason;
  showReason(draft);
}

const KEYS = {
  a: () => decide("accept"),
  r: () => decide("reject"),
  u: () => decide("unsure"),
  j: () => step(() => queue.forward()),
  k: () => step(() => queue.back()),
  z: undo,
  n: () => at("note").focus(),
  t: () => at("tissue").focus(),
  v: () => at("view").click(),
  d: () => layer.sketch.use("rectangle"),
  p: () => layer.sketch.use("polygon"),
  0: () => at("reason").focus(),
  "+": () => panes.zoomIn(),
  "=": () => panes.zoomIn(),
  "-": () => panes.zoomOut(),
  h: () => panes.fit(),
  " ": () => panes.blink(),
  ArrowLeft: (event) => arrow(-1, 0, event),
  ArrowRight: (event) => arrow(1, 0, event),
  ArrowUp: (event) => arrow(0, -1, event),
  ArrowDown: (event) => arrow(0, 1, event),
  Enter: () => layer.sketch.enter(),
  Backspace: () => layer.sketch.stepBack(),
  Delete: () => removeRegion(marked),
};
for (const [index, chip] of chips.entries()) KEYS[index + 1] = () => choose(chip.dataset.reason);

// Arrows move the cross while something is drawn, and otherwise what is seen.
function arrow(right, down, event) {
  const step = stepPx(event);
  if (layer.sketch.tool) panes.reveal(layer.sketch.nudge(down * step, right * step));
  else panes.panBy(right, down);
}

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input, textarea, select");
  const isUndo = event.key === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !isTyping;
  if ((event.ctrlKey || event.metaKey || event.altKey) && !isUndo) return;
  if (event.key === "Escape") {
    leave(event.target);
    return;
  }
  const isPressing = ["Enter", " "].includes(event.key) && event.target.matches("a, button");
  if (isTyping || isPressing || !Object.hasOwn(KEYS, event.key)) return;
  if (queue.current === null && event.key !== "k" && event.key !== "z") return;
  event.preventDefault();
  if (!layer.handles.key(event)) KEYS[event.key](event);
});

for (const button of document.querySelectorAll("[data-verdict]")) button.addEventListener("click", () => decide(button.dataset.verdict));
for (const chip of chips) chip.addEventListener("click", () => choose(chip.dataset.reason));
for (const [id, key] of [["next", "j"], ["previous", "k"], ["undo", "z"], ["zoom-in", "+"], ["zoom-out", "-"], ["fit", "h"]]) at(id).addEventListener("click", () => KEYS[key]());
for (const tool of ["rectangle", "polygon"]) at(tool).addEventListener("click", () => layer.sketch.use(layer.sketch.tool === tool ? null : tool));
for (const key of ["note", "tissue", "reason"]) {
  at(key).addEventListener("input", () => {
    queue.current.draft[key] = at(key).value;
    if (key === "reason") showReason(queue.current.draft);
  });
}
window.addEventListener("pagehide", () => queue.keepDrafts());

inTurn(() => queue.open(desk.dataset.first ? JSON.parse(desk.dataset.first) : null));
