// The viewer's page: puts the parts together.

import { copyText } from "../clipboard.js";
import { setText } from "../dom.js";
import { Curtain } from "./curtain.js";
import { describe, listen } from "./keys.js";
import { Modes } from "./modes.js";
import { listOverlays } from "./overlays.js";
import { Pair } from "./pair.js";
import * as place from "./place.js";
import { Scalebar } from "./scalebar.js";

const LONG_WAY = 0.2;
const ZOOM = 1.5;

// An address is changed when the picture rests: browsers take a hundred changes in half a minute.
const REST_MS = 250;
let resting = 0;

const byId = (id) => document.getElementById(id);
const root = byId("viewer");
const say = (words) => setText(byId("spoken"), words);

const pair = new Pair(byId("pane"), byId("second"), JSON.parse(root.dataset.view));
const curtain = new Curtain(byId("curtain"), pair);
const modes = new Modes(pair, {
  curtain,
  modes: byId("modes"),
  fader: byId("fader"),
  opacity: byId("opacity"),
  blinker: byId("blinker"),
  blinkerWords: byId("blinker-words"),
  first: byId("first-tag"),
  second: byId("second-tag"),
});

await pair.open();
const asked = place.read(location.hash);
await modes.choose(asked.mode ?? "curtain", asked.at);
if (place.isPlace(asked)) pair.go(asked, true);
else pair.fit(true);
const scalebar = new Scalebar(byId("scalebar"), byId("scalebar-words"), pair);
listOverlays(byId("overlays"), pair);

pair.moved = () => {
  curtain.draw();
  scalebar.draw();
  remember();
};
modes.changed = curtain.dragged = remember;
modes.spoken = (what) => say(`Showing: ${what}`);
pair.moved();
root.dataset.ready = "";

function remember() {
  clearTimeout(resting);
  resting = setTimeout(() => history.replaceState(null, "", here()), REST_MS);
}

function here() {
  return place.written({ ...pair.place(), mode: modes.mode, at: modes.at });
}

window.addEventListener("hashchange", async () => {
  const found = place.read(location.hash);
  if (found.mode) await modes.choose(found.mode, found.at);
  if (place.isPlace(found)) pair.go(found);
});

for (const viewer of pair.viewers) {
  viewer.addHandler("tile-load-failed", () => {
    setText(byId("trouble"), "Parts of the picture cannot be fetched. Check the network, then load the page again.");
    byId("trouble").hidden = false;
  });
}

async function copyLink() {
  const field = byId("place-link");
  history.replaceState(null, "", here());
  field.value = location.href;
  say((await copyText(field)) ? "The link to this place is copied" : "Copy the link from the address bar");
  byId("link").classList.add("done");
  setTimeout(() => byId("link").classList.remove("done"), 2000);
}

async function fullScreen() {
  if (document.fullscreenElement) await document.exitFullscreen();
  else await root.requestFullscreen?.();
}

const MODES = ["curtain", "side", "opacity", "blink"];
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEYS = [
  { keys: ["1", "2", "3", "4"], words: "Curtain, side by side, opacity, blink", needsTwo: true, act: (key) => modes.choose(MODES[key - 1]) },
  { keys: Object.keys(WAYS), shown: ["←", "→", "↑", "↓"], words: "Move; with the curtain's handle in focus, move the curtain", act: (key) => pair.panBy(...WAYS[key].map((way) => way * LONG_WAY)) },
  { keys: ["+", "="], shown: ["+"], words: "Zoom in", act: () => pair.zoomBy(ZOOM) },
  { keys: ["-", "_"], shown: ["-"], words: "Zoom out", act: () => pair.zoomBy(1 / ZOOM) },
  { keys: ["0", "Home"], shown: ["0"], words: "Show all of it", act: () => pair.fit() },
  { keys: [" "], shown: ["Space"], words: "Blink: input, result, input …", needsTwo: true, act: () => modes.blink() },
  { keys: ["f"], words: "Full screen", act: fullScreen },
  { keys: ["c"], words: "Copy a link to this place", act: copyLink },
  { keys: ["?"], words: "These keys", act: () => byId("keys").showModal() },
].filter(({ needsTwo }) => !needsTwo || pair.layers.size > 1);
listen(KEYS);
describe(byId("keys-list"), KEYS);

byId("zoom-in").addEventListener("click", () => pair.zoomBy(ZOOM));
byId("zoom-out").addEventListener("click", () => pair.zoomBy(1 / ZOOM));
byId("fit").addEventListener("click", () => pair.fit());
byId("full").addEventListener("click", fullScreen);
byId("link").addEventListener("click", copyLink);
byId("try")?.addEventListener("click", () => {
  byId("try").hash = here(); // the region is drawn where one has looked
});
byId("help").addEventListener("click", () => byId("keys").showModal());
