// The list of pictures that can be laid over the others, each with what it means. It folds away, as it
// covers a part of the picture; a browser remembers how it was left.

import { element, setText } from "../dom.js";

const OPACITY = 0.6;
const KEPT = "viewer-overlays";
const NARROW = "(max-width: 48rem)"; // there it would cover most of the picture

/** Fill the list; a picture is fetched when it is first asked for. */
export function listOverlays(section, pair) {
  const fold = section.querySelector(".fold");
  const list = section.querySelector(".list");
  list.append(...pair.view.overlays.map((overlay, number) => row(overlay, number, pair)));
  list.addEventListener("change", count);
  fold.addEventListener("click", () => {
    show(list.hidden);
    keep(!list.hidden);
  });
  section.hidden = pair.view.overlays.length === 0;
  show(wasOpen());

  function show(isOpen) {
    list.hidden = !isOpen;
    section.classList.toggle("folded", !isOpen);
    fold.setAttribute("aria-expanded", String(isOpen));
  }

  // What is laid over the picture is told when the list is folded, too.
  function count() {
    const laid = list.querySelectorAll(":checked").length;
    setText(fold.querySelector("span"), laid ? `Overlays (${laid} shown)` : "Overlays");
  }
}

function row(overlay, number, pair) {
  const chosen = element("input", { type: "checkbox", id: `overlay-${number}` });
  const strength = element("input", { type: "range", min: 5, max: 100, value: OPACITY * 100, hidden: true });
  strength.setAttribute("aria-label", `Opacity of ${overlay.title}`);
  let laid = null;
  const show = async () => {
    strength.hidden = !chosen.checked;
    laid ??= pair.addOverlay(overlay, 0);
    (await laid)(chosen.checked ? strength.value / 100 : 0);
  };
  chosen.addEventListener("change", show);
  strength.addEventListener("input", show);
  const title = element("label", { htmlFor: chosen.id }, chosen, overlay.title);
  return element("div", {}, title, element("p", { textContent: overlay.meaning }), strength);
}

function wasOpen() {
  const kept = stored((storage) => storage.getItem(KEPT));
  return kept ? kept === "open" : !matchMedia(NARROW).matches;
}

function keep(isOpen) {
  stored((storage) => storage.setItem(KEPT, isOpen ? "open" : "folded"));
}

// A browser may be told to keep nothing.
function stored(use) {
  try {
    return use(localStorage);
  } catch {
    return null;
  }
}
