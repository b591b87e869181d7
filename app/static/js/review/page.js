// The review page: shows the result at hand, takes keys, clicks and drawings, saves verdicts.

import { element, setText } from "../dom.js";
import { Panes } from "./panes.js";
import { Queue } from "./queue.js";
import { RegionLayer } from "./regions.js";

const WORDS = { accept: "Accepted", reject: "Rejected", unsure: "Unsure" };
const at = (id) => document.getElementById(id);
const desk = at("desk");
const titles = JSON.parse(desk.dataset.titles); // of models, by name
const queue = new Queue(desk.dataset.state, desk.dataset.project);
const chips = [...document.querySelectorAll("[data-reason]")];
const times = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const prefetched = new Map();
let marked = null;

const layer = new RegionLayer(at("regions"), {
  drawn(region) {
    queue.current.draft.regions.push(region);
    marked = region.id;
    showRegions();
    at("drawn").lastElementChild?.querySelector("input")?.focus();
  },
  chosen(id) {
    marked = id;
    showRegions();
  },
  toolChanged(tool) {
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
  at("undo").disabled = queue.said.length === 0;
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
  const remove = element("button", { type: "button", className: "btn btn-plain btn-sm", ariaLabel: `Remove ${name}` }, "Remove");
  const row = element("li", {}, verdict, field("label", "Label", 80), field("comment", "Comment", 2000), remove);
  row.region = region;
  row.addEventListener("focusin", () => {
    marked = region.id;
    showRegions();
  });
  verdict.addEventListener("change", () => {
    region.verdict = verdict.value;
    showRegions();
  });
  remove.addEventListener("click", () => {
    const { draft } = queue.current;
    draft.regions = draft.regions.filter((one) => one !== region);
    showRegions();
  });
  return row;
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

function undo() {
  return inTurn(async () => {
    leaveFields();
    if (await queue.undo()) setText(at("spoken"), `${queue.current.job.name}: taken back`);
  });
}

const step = (move) => inTurn(() => {
  leaveFields();
  return move();
});

function leaveFields() {
  layer.use(null);
  marked = null;
  if (at("case").contains(document.activeElement)) document.activeElement.blur();
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
  d: () => layer.use("rectangle"),
  p: () => layer.use("polygon"),
  0: () => at("reason").focus(),
  "+": () => panes.zoomIn(),
  "=": () => panes.zoomIn(),
  "-": () => panes.zoomOut(),
  h: () => panes.fit(),
  " ": () => panes.blink(),
  ArrowLeft: () => panes.panBy(-1, 0),
  ArrowRight: () => panes.panBy(1, 0),
  ArrowUp: () => panes.panBy(0, -1),
  ArrowDown: () => panes.panBy(0, 1),
  Enter: () => layer.close(),
  Delete: () => {
    const { draft } = queue.current;
    draft.regions = draft.regions.filter((region) => region.id !== marked);
    showRegions();
  },
};
for (const [index, chip] of chips.entries()) KEYS[index + 1] = () => choose(chip.dataset.reason);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    leaveFields();
    return;
  }
  const isTyping = event.target.matches("input, textarea, select");
  const isPressing = ["Enter", " "].includes(event.key) && event.target.matches("a, button");
  if (isTyping || isPressing || !Object.hasOwn(KEYS, event.key)) return;
  if (queue.current === null && event.key !== "k" && event.key !== "z") return;
  event.preventDefault();
  KEYS[event.key]();
});

for (const button of document.querySelectorAll("[data-verdict]")) button.addEventListener("click", () => decide(button.dataset.verdict));
for (const chip of chips) chip.addEventListener("click", () => choose(chip.dataset.reason));
for (const [id, key] of [["next", "j"], ["previous", "k"], ["undo", "z"], ["zoom-in", "+"], ["zoom-out", "-"], ["fit", "h"]]) at(id).addEventListener("click", () => KEYS[key]());
for (const tool of ["rectangle", "polygon"]) at(tool).addEventListener("click", () => layer.use(layer.tool === tool ? null : tool));
for (const key of ["note", "tissue", "reason"]) {
  at(key).addEventListener("input", () => {
    queue.current.draft[key] = at(key).value;
    if (key === "reason") showReason(queue.current.draft);
  });
}

inTurn(() => queue.open(desk.dataset.first ? JSON.parse(desk.dataset.first) : null));
