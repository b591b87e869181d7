// Times of the server, which are UTC, in the zone and the manner of whoever reads.

const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Turn the times within a node into those of the reader; returns the node. */
export function localise(node) {
  for (const time of node.querySelectorAll("time[datetime]")) {
    time.title = time.textContent;
    time.textContent = format.format(new Date(time.dateTime));
  }
  return node;
}

localise(document);
