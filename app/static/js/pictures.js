// The small pictures that the server makes of a job.

import { element } from "./dom.js";

/** The picture of a job's `input` or `result`. */
export function picture(id, which) {
  const src = `/jobs/${encodeURIComponent(id)}/pictures/${which}`;
  return element("img", { src, alt: "", width: 320, height: 320 });
}

/** The pictures of a job's input and result. */
export function pair(id) {
  return [picture(id, "input"), picture(id, "result")];
}
