// Maps of quality over the pictures of a job: one button for each.

import { setText } from "./dom.js";

for (const button of document.querySelectorAll("[data-shows]")) {
  button.addEventListener("click", () => show(button, button.getAttribute("aria-pressed") !== "true"));
}

function show(button, shown) {
  button.setAttribute("aria-pressed", String(shown));
  setText(button, shown ? "Hide" : "Show");
  for (const overlay of document.querySelectorAll(`.overlay[data-map="${button.dataset.shows}"]`)) {
    overlay.toggleAttribute("hidden", !shown);
  }
}
