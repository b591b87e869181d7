// The page of regions: draws one, has it translated, and shows what came of it side by side.

import { element, setText } from "../dom.js";
import { listen } from "../viewer/keys.js";
import { Pair } from "../viewer/pair.js";
import * as place from "../viewer/place.js";
import { Scalebar } from "../viewer/scalebar.js";
import { Comparison } from "./comparison.js";
import { Rectangle } from "./rectangle.js";
import { between, isSame, megapixels, shrunk, sizeWords } from "./regions.js";
import { Trials } from "./service.js";

const ASK_MS = 400;
const ASK_HIDDEN_MS = 5000;
const LONG_WAY = 0.2;
const ZOOM = 1.5;
const FIELDS = ["x", "y", "width", "height"];

const at = (id) => document.getElementById(id);
const root = at("trying");
const job = JSON.parse(root.dataset.job);
const view = JSON.parse(root.dataset.view);
const [mostPx, mostModels] = [root.dataset.mostPx, root.dataset.mostModels].map(Number);
const form = at("choice");
const boxes = [...form.querySelectorAll("[name=model]")];
const titles = new Map(boxes.map((box) => [box.value, box.dataset.title]));
const service = new Trials(job.id);

const pair = new Pair(at("pane"), at("second"), view);
const rectangle = new Rectangle(at("sheet"), at("rectangle"), pair);
const comparison = new Comparison(at("comparison"), titles, job, translateAll);
let trials = []; // those that are compared
let timer = 0;

await pair.open();
if (!view.layers.length && job.preview) await pair.addOverlay({ image: job.preview, x: 0, y: 0, width: view.width }, 1);
const asked = place.read(location.hash);
if (place.isPlace(asked)) pair.go(asked, true);
else pair.fit(true);
const scalebar = new Scalebar(at("scalebar"), at("scalebar-words"), pair);
pair.moved = () => {
  scalebar.draw();
  rectangle.draw();
  if (at("back")) at("back").hash = place.written({ ...pair.place(), mode: "curtain", at: 0.5 });
};
pair.moved();
arm(true);
showEarlier();
root.dataset.ready = "";

rectangle.drawn = (region, { isDone }) => {
  take(region);
  if (isDone) arm(false);
};

function arm(armed) {
  rectangle.arm(armed);
  at("draw").setAttribute("aria-pressed", String(armed));
  at("hint").hidden = !armed;
}

// Makes a region the one that is meant, wherever it comes from.
function take(region, { keepsFields = false } = {}) {
  const px = region ? region.width * region.height : 0;
  const tooLarge = px > mostPx;
  rectangle.show(region, { tooLarge });
  if (region && !keepsFields) for (const name of FIELDS) form.elements[name].value = region[name];
  setText(at("size"), region ? sizeWords(region, view.mpp) : "Draw on the image, or type the numbers in px.");
  at("limit").hidden = !tooLarge;
  if (tooLarge) setText(at("limit-words"), `That is ${megapixels(px)} megapixels; at most ${megapixels(mostPx)} are translated at a time. Draw a smaller one.`);
  allow();
}

function chosen() {
  return boxes.filter((box) => box.checked).map((box) => box.value);
}

function allow() {
  const { region } = rectangle;
  const isRight = region && region.width * region.height <= mostPx;
  const models = chosen().length;
  for (const box of boxes) box.disabled = !box.checked && models >= mostModels;
  at("go").disabled = !isRight || models === 0;
}

function typed() {
  const [x, y, width, height] = FIELDS.map((name) => Number.parseInt(form.elements[name].value, 10));
  if (![x, y, width, height].every(Number.isFinite)) return;
  take(between({ x, y }, { x: x + width, y: y + height }, view), { keepsFields: true });
}

function takeSeen() {
  const { x, y, width, height } = pair.viewer.viewport.getBounds();
  const first = { x: x * view.width, y: y * view.width };
  take(between(first, { x: first.x + width * view.width, y: first.y + height * view.width }, view));
  arm(false);
}

async function go(event) {
  event.preventDefault();
  if (at("go").disabled) return;
  at("go").disabled = true;
  at("refused").hidden = true;
  try {
    compare(await service.ask(rectangle.region, chosen()));
    setText(at("spoken"), "The region is being translated");
  } catch (error) {
    complain(error);
  }
  allow();
}

function complain(error) {
  setText(at("refused"), error.message);
  at("refused").hidden = false;
}

function compare(some) {
  trials = some;
  take(some[0].region);
  arm(false);
  at("sides").querySelector("[data-side=comparison]").disabled = false;
  turn("comparison");
  comparison.open(some);
  clearTimeout(timer);
  timer = setTimeout(ask, 0);
}

async function ask() {
  try {
    const known = new Map((await service.list()).map((trial) => [trial.id, trial]));
    const before = trials.filter(isUnfinished).length;
    trials = trials.map((trial) => known.get(trial.id) ?? trial);
    comparison.update(trials);
    const left = trials.filter(isUnfinished).length;
    if (left < before) setText(at("spoken"), left ? `${left} still to come` : "All translations are there");
    at("refused").hidden = true;
    listEarlier([...known.values()]);
  } catch (error) {
    complain(error);
  }
  if (trials.some(isUnfinished)) timer = setTimeout(ask, document.hidden ? ASK_HIDDEN_MS : ASK_MS);
}

const isUnfinished = ({ state }) => state === "queued" || state === "running";

function turn(side) {
  for (const [id, ofSide] of [["stage", "drawing"], ["comparison", "comparison"]]) {
    at(id).classList.toggle("away", side !== ofSide);
  }
  at("trying").scrollIntoView(); // on a phone both are above the form
  for (const button of at("sides").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset.side === side));
  }
}

async function translateAll(model, button) {
  button.disabled = true;
  try {
    location.assign(await service.translateAll(model));
  } catch (error) {
    complain(error);
    button.disabled = false;
  }
}

async function showEarlier() {
  try {
    listEarlier(await service.list());
  } catch (error) {
    complain(error);
  }
}

// Trials that were asked for together are one entry.
function listEarlier(all) {
  const groups = [];
  for (const trial of all) {
    const group = groups.find(([one]) => one.created === trial.created && isSame(one.region, trial.region));
    if (group) group.unshift(trial);
    else groups.push([trial]);
  }
  at("before").hidden = groups.length === 0;
  const key = groups.map((group) => group.map(({ id, state }) => id + state)).join();
  if (at("before-list").dataset.key === key) return; // left alone: somebody may be at a button
  at("before-list").dataset.key = key;
  at("before-list").replaceChildren(...groups.map(entry));
}

function entry(group) {
  const { region } = group[0];
  const names = group.map(({ model }) => titles.get(model) ?? model).join(", ");
  const words = element("span", { textContent: sizeWords(region, view.mpp) }, element("small", { textContent: names }));
  const show = element("button", { type: "button", className: "btn btn-plain btn-sm", textContent: "Show" });
  show.ariaLabel = `Show ${sizeWords(region, view.mpp)} by ${names}`;
  show.addEventListener("click", () => compare(group));
  return element("li", {}, words, show);
}

form.addEventListener("submit", go);
for (const name of FIELDS) form.elements[name].addEventListener("input", typed);
for (const box of boxes) box.addEventListener("change", allow);
at("draw").addEventListener("click", () => {
  turn("drawing");
  arm(!rectangle.isArmed);
});
at("seen").addEventListener("click", takeSeen);
at("shrink").addEventListener("click", () => take(shrunk(rectangle.region, mostPx)));
for (const button of at("sides").querySelectorAll("button")) button.addEventListener("click", () => turn(button.dataset.side));

const shown = () => (at("comparison").classList.contains("away") ? pair : comparison);
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
listen([
  { keys: Object.keys(WAYS), act: (key) => shown().panBy(...WAYS[key].map((way) => way * LONG_WAY)) },
  { keys: ["+", "="], act: () => shown().zoomBy(ZOOM) },
  { keys: ["-", "_"], act: () => shown().zoomBy(1 / ZOOM) },
  { keys: ["0", "Home"], act: () => shown().fit() },
  { keys: ["d"], act: () => at("draw").click() },
  { keys: ["Escape"], act: () => arm(false) },
]);
at("zoom-in").addEventListener("click", () => shown().zoomBy(ZOOM));
at("zoom-out").addEventListener("click", () => shown().zoomBy(1 / ZOOM));
at("fit").addEventListener("click", () => shown().fit());
