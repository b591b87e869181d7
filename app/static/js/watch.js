// Follows jobs: by a stream of events where one can be had, else by asking every few seconds.

import { ENDED } from "./words.js";

// A browser opens six connections to a host over all its tabs; uploads and pages need the others.
const STREAMS = 2;
const ASK_MS = 2000;
const ASK_HIDDEN_MS = 8000;

const followed = new Map(); // id -> {changed, gone, lost, stream}
let streamsRefused = false;
let timer = 0;

/**
 * Call `changed(job)` with the API's document at each change until the job has ended.
 * `gone()` is called when it was deleted, `lost()` each time the service does not answer.
 * Returns a function that stops following.
 */
export function follow(id, { changed, gone = () => {}, lost = () => {} }) {
  followed.set(id, { changed, gone, lost, stream: null });
  share();
  if (!timer) ask();
  return () => forget(id);
}

function forget(id) {
  followed.get(id)?.stream?.close();
  followed.delete(id);
  share();
}

function deliver(id, job) {
  const one = followed.get(id);
  if (!one) return;
  if (ENDED.includes(job.state)) forget(id);
  one.changed(job);
}

// Give free streams to jobs without one; a page that nobody sees holds none.
function share() {
  let free = streamsRefused || document.hidden ? 0 : STREAMS;
  for (const one of followed.values()) if (one.stream) free -= 1;
  for (const [id, one] of followed) {
    if (free > 0 && !one.stream) {
      open(id, one);
      free -= 1;
    }
  }
}

function open(id, one) {
  const stream = new EventSource(`/api/v1/jobs/${encodeURIComponent(id)}/events`);
  one.stream = stream;
  stream.onmessage = (event) => deliver(id, JSON.parse(event.data));
  stream.onerror = () => {
    streamsRefused ||= stream.readyState === EventSource.CLOSED;
    // Left alone, the browser would reconnect and pass over what it had seen: a new stream tells all.
    stream.close();
    one.stream = null;
  };
}

async function ask() {
  timer = 0;
  share();
  const silent = [...followed].filter(([, one]) => one.stream?.readyState !== EventSource.OPEN);
  await Promise.all(silent.map(([id, one]) => askFor(id, one)));
  if (followed.size && !timer) timer = setTimeout(ask, document.hidden ? ASK_HIDDEN_MS : ASK_MS);
}

async function askFor(id, one) {
  let answer;
  try {
    answer = await fetch(`/api/v1/jobs/${encodeURIComponent(id)}`, { cache: "no-store" });
    if (answer.status === 404) {
      forget(id);
      one.gone();
      return;
    }
    if (!answer.ok) throw new Error(answer.statusText);
    const job = await answer.json();
    // A stream that has opened meanwhile tells all, and this answer may be older.
    if (followed.get(id)?.stream?.readyState !== EventSource.OPEN) deliver(id, job);
  } catch {
    one.lost();
  }
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    for (const one of followed.values()) {
      one.stream?.close();
      one.stream = null;
    }
  }
  clearTimeout(timer);
  if (followed.size) ask();
});
