// The keys of the page: one table, which is listened by and shown.

import { element } from "../dom.js";

/** Listen to keys: a list of {keys, words, act}; fields and dialogs keep theirs. */
export function listen(table) {
  const acts = new Map(table.flatMap(({ keys, act }) => keys.map((key) => [key, act])));
  document.addEventListener("keydown", (event) => {
    const isElsewhere = event.target.closest("dialog, select, textarea, input:not([type=checkbox])");
    if (isElsewhere || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " && event.target.closest("button, a, input")) return; // it presses that one
    const act = acts.get(event.key);
    if (!act) return;
    event.preventDefault();
    act(event.key);
  });
}

/** The table as terms and descriptions. */
export function describe(list, table) {
  for (const { keys, shown, words } of table) {
    const names = (shown ?? keys).flatMap((key) => [element("kbd", { textContent: key }), " "]);
    list.append(element("dt", {}, ...names), element("dd", { textContent: words }));
  }
}
