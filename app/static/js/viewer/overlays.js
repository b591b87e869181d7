// The list of pictures that can be laid over the others, each with what it means.

import { element } from "../dom.js";

const OPACITY = 0.6;

/** Fill the list; a picture is fetched when it is first asked for. */
export function listOverlays(list, pair) {
  list.append(...pair.view.overlays.map((overlay, number) => row(overlay, number, pair)));
  list.hidden = pair.view.overlays.length === 0;
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
