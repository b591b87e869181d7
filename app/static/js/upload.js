// Sends one file to the API, with progress, and again when the network fails on the way.

import { csrf } from "./csrf.js";

const WAITS_S = [1, 2, 5, 10, 20, 30];
const LANES = 2;

const waiting = [];
let busy = 0;

/** A reason to give up, in words for people; `canRetry` when trying again may help. */
export class UploadFailed extends Error {
  constructor(message, canRetry = false) {
    super(message);
    this.canRetry = canRetry;
  }
}

/** A name for a request that no other has; `crypto.randomUUID` is missing without https. */
export function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The job made of a file, as the API answers; at most two files are sent at once.
 * `fields` go along, `moved(fraction)` and `paused(reason)` tell how far it is. The same `key`
 * never makes two jobs. Raises UploadFailed, or the signal's reason when it is aborted.
 */
export async function upload(file, { key, fields, signal, moved, paused }) {
  await lane(signal);
  try {
    for (let attempt = 0; ; ) {
      const answer = await attemptOnce(file, { key, fields, signal, moved });
      if (answer.status === 202 || answer.status === 200) return answer.body;
      const full = answer.status === 429 || answer.status === 503;
      if (answer.status && !full) throw new UploadFailed(messageOf(answer), mayPass(answer.status));
      if (!full && attempt >= WAITS_S.length) {
        throw new UploadFailed("The service cannot be reached. Check the network, then try again.", true);
      }
      const seconds = full ? answer.retryAfter : WAITS_S[attempt];
      paused(full ? "The queue is full; this file is sent when there is room" : "Connection lost; trying again");
      attempt += full ? 0 : 1;
      await pause(seconds, signal);
    }
  } finally {
    busy -= 1;
    waiting.shift()?.();
  }
}

// A full disk, a fault or a timeout may be over soon; a refused image stays refused.
function mayPass(status) {
  return status === 408 || status >= 500;
}

function messageOf(answer) {
  return answer.body?.error?.message ?? `The service answered with an error (${answer.status}). Try again later.`;
}

async function lane(signal) {
  while (busy >= LANES) {
    await new Promise((resolve) => waiting.push(resolve));
  }
  busy += 1;
  if (signal.aborted) {
    busy -= 1;
    waiting.shift()?.();
    throw signal.reason;
  }
}

// Status 0 means that no answer came.
function attemptOnce(file, { key, fields, signal, moved }) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) if (value) form.append(name, value);
  form.append("file", file, file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    signal.addEventListener("abort", stop, { once: true });
    request.open("POST", "/api/v1/jobs");
    request.setRequestHeader("Idempotency-Key", key);
    for (const [name, value] of Object.entries(csrf())) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.onprogress = (event) => event.lengthComputable && moved(event.loaded / event.total);
    request.onabort = () => reject(signal.reason);
    request.onloadend = () => {
      signal.removeEventListener("abort", stop);
      const retryAfter = Number(request.getResponseHeader("Retry-After")) || 10;
      resolve({ status: request.status, body: request.response, retryAfter });
    };
    request.send(form);
  });
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, seconds * 1000);
    window.addEventListener("online", done, { once: true });
    signal.addEventListener("abort", stop, { once: true });
    function done() {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      signal.removeEventListener("abort", stop);
      resolve();
    }
    function stop() {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      reject(signal.reason);
    }
  });
}
