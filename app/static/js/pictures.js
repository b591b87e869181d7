// The small pictures that the server makes of a job.

import { element } from "./dom.js";

/** The pictures of a job's input and result. */
export function pair(id) {
  return ["input", "result"].map((which) =>
    element("img", { src: `/jobs/${encodeURIComponent(id)}/pictures/${which}`, alt: "", width: 320, height: 320 }),
  );
}
