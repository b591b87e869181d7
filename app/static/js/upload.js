// Sends one file by tus, in parts that survive whatever happens, and has a job made of it.

import { csrf } from "./csrf.js";
import { Lanes } from "./lanes.js";

const { Upload, defaultOptions } = window.tus; // a classic script, which has run before modules do

const ENDPOINT = "/uploads";
const PART_BYTES = 16 * 2 ** 20; // some proxies pass a part on only when it is whole
const SMALL_BYTES = 2 ** 20; // goes along with its announcement
const WAITS_S = [1, 2, 5, 10, 20, 30];
const STALLED_MS = 45_000; // a network that is gone need not say so
const CORRECTABLE = ["unusable_parameter", "unusable_model", "unusable_project", "project_archived"];
const lanes = new Lanes(3); // a browser opens six connections, and pages need some

/** A reason to give up, in words for people; `canRetry` when trying again may help. */
export class UploadFailed extends Error {
  constructor(message, canRetry = false) {
    super(message);
    this.canRetry = canRetry;
  }
}

/** What `result` is rejected with when somebody has cancelled. */
export class Cancelled extends Error {}

/** A name that no other has; `crypto.randomUUID` is missing without https. */
export function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * One file on its way. `path` tells it from others of the same name, `fields` go along with the job.
 *
 * `tell(state, part)` is called at each change: `waiting` for a lane, `sending`, `lost` (the network;
 * it goes on by itself), `full` (the service; the same), `paused`, `checking`. `part` is 0..1.
 * `result` is the job as the API answers; it rejects with UploadFailed or Cancelled.
 */
export class Sending {
  result;
  part = 0;
  wentOnAt = 0; // the part that was there before, when an earlier upload is gone on with
  isPaused = false;

  #file;
  #fields;
  #tell;
  #upload;
  #settle;
  #hasLane = false;
  #isOrdering = false; // all of it is there, and becomes a job
  #isOver = false;
  #tries = 0;
  #timer = 0;
  #watchdog = 0;
  #enter = () => this.#entered();
  #offline = () => this.#lose();
  #online = () => this.#wake?.();
  #wake = null;

  constructor(file, { path, fields, tell }) {
    this.#file = file;
    this.#fields = fields;
    this.#tell = tell;
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#upload = new Upload(file, {
      endpoint: ENDPOINT,
      headers: csrf(),
      chunkSize: PART_BYTES,
      retryDelays: null, // tried again here, where it can be told
      uploadDataDuringCreation: file.size <= SMALL_BYTES,
      metadata: { filename: file.name },
      fingerprint: () => Promise.resolve(`${path}|${file.size}|${file.lastModified}`),
      onUploadUrlAvailable: () => this.#keepTo(),
      onAfterResponse: (request, answer) => this.#heard(request, answer),
      onChunkComplete: () => {
        this.#tries = 0;
      },
      onProgress: (sent, total) => this.#moved(total ? sent / total : 1),
      onSuccess: () => void this.#order(),
      onError: (error) => this.#failed(error),
    });
  }

  /** Send it, when its turn comes. */
  start() {
    window.addEventListener("offline", this.#offline);
    window.addEventListener("online", this.#online);
    this.#queue();
  }

  /** Stop for now; what has arrived stays where it is. */
  pause() {
    if (this.isPaused || this.#isOver || this.#isOrdering) return;
    this.isPaused = true;
    this.#halt();
    this.#leave();
    this.#say("paused");
  }

  /** Go on after a pause. */
  resume() {
    if (!this.isPaused || this.#isOver) return;
    this.isPaused = false;
    this.#queue();
  }

  /** Give up, and have the service forget what has arrived. */
  cancel() {
    if (this.#isOver) return;
    this.#halt();
    this.#end();
    this.#settle.reject(new Cancelled());
    void this.#discard();
  }

  #queue() {
    this.#say("waiting");
    lanes.ask(this.#enter);
  }

  #entered() {
    this.#hasLane = true;
    void this.#begin();
  }

  #leave() {
    if (this.#hasLane) lanes.leave();
    else lanes.forget(this.#enter);
    this.#hasLane = false;
  }

  async #begin() {
    if (!this.#upload.url) {
      const earlier = await this.#upload.findPreviousUploads();
      const latest = earlier.sort((a, b) => Date.parse(a.creationTime) - Date.parse(b.creationTime)).at(-1);
      if (latest) {
        this.#upload.resumeFromPreviousUpload(latest);
        this.#keepTo();
      }
    }
    if (this.#hasLane) this.#start(); // nobody has paused it meanwhile
  }

  #start() {
    this.#say("sending");
    this.#watch();
    this.#upload.start();
  }

  // With an endpoint, tus-js-client begins a new upload whenever it is told anything but how far
  // the present one is, be it by a proxy while the service restarts.
  #keepTo() {
    this.#upload.options.endpoint = null;
  }

  #heard(request, answer) {
    if (request.getMethod() !== "HEAD" || answer.getStatus() !== 200) return;
    const part = Number(answer.getHeader("Upload-Offset")) / this.#file.size;
    if (part > 0) this.wentOnAt = part;
    this.part = part;
    this.#say("sending");
  }

  #moved(part) {
    this.part = part;
    this.#watch();
    this.#say("sending");
  }

  #watch() {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#lose(), STALLED_MS);
  }

  #lose() {
    if (!this.#hasLane || this.#wake || this.#isOrdering) return;
    this.#halt();
    this.#later("lost", this.#nextWait());
  }

  #failed(error) {
    const answer = read(error.originalResponse); // before it is halted, which empties it
    this.#halt();
    if ((answer.status === 404 || answer.status === 410) && this.#upload.url) {
      void this.#ask(); // it became a job whose answer was lost, or has expired
    } else if (answer.status === 429) {
      this.#later("full", answer.retryAfter);
    } else if (mayPass(answer.status, this.#tries)) {
      this.#later("lost", this.#nextWait());
    } else {
      this.#refuse(answer);
    }
  }

  #beginAnew() {
    this.#isOrdering = false;
    this.#upload.url = null;
    this.#upload.options.endpoint = ENDPOINT;
    this.wentOnAt = this.part = 0;
    this.#start();
  }

  #nextWait() {
    const wait = WAITS_S[Math.min(this.#tries, WAITS_S.length - 1)];
    this.#tries += 1;
    return wait;
  }

  #later(state, seconds, go = () => this.#start()) {
    this.#say(state);
    this.#wake = () => {
      clearTimeout(this.#timer);
      this.#wake = null;
      go();
    };
    this.#timer = setTimeout(this.#wake, seconds * 1000);
  }

  #halt() {
    clearTimeout(this.#timer);
    clearTimeout(this.#watchdog);
    this.#wake = null;
    void this.#upload.abort();
  }

  async #order() {
    clearTimeout(this.#watchdog);
    this.#tries = 0;
    await this.#ask();
  }

  // All of it is there, or was: asking again makes no second job.
  async #ask() {
    this.#isOrdering = true;
    this.#say("checking");
    const form = new FormData();
    form.append("upload", this.#upload.url.split("/").at(-1));
    for (const [name, value] of Object.entries(this.#fields)) if (value) form.append(name, value);
    const answer = await posted("/api/v1/jobs", form);
    if (this.#isOver) {
      if (answer.status === 202) await posted(`${answer.body.links.self}/cancel`);
    } else if (answer.status === 202) {
      await this.#forget();
      this.#end();
      this.#settle.resolve(answer.body);
    } else if (["upload_not_found", "idempotency_conflict"].includes(answer.body?.error?.code)) {
      await this.#forget();
      this.#beginAnew(); // it has expired, or was sent for another model
    } else if (answer.status === 429) {
      this.#later("full", answer.retryAfter, () => void this.#ask());
    } else if (mayPass(answer.status, this.#tries)) {
      this.#later("lost", this.#nextWait(), () => void this.#ask());
    } else {
      // The service has removed what is no image; what can be corrected is still there.
      if (answer.status < 500 && !CORRECTABLE.includes(answer.body?.error?.code)) await this.#forget();
      this.#refuse(answer);
    }
  }

  #refuse({ status, body }) {
    this.#end();
    const words = body?.error?.message ?? `The service answered with an error (${status}). Try again later.`;
    this.#settle.reject(new UploadFailed(words, status >= 500));
  }

  #end() {
    this.#isOver = true;
    this.#leave();
    window.removeEventListener("offline", this.#offline);
    window.removeEventListener("online", this.#online);
  }

  async #discard() {
    await this.#upload.abort(true).catch(() => {}); // what cannot be removed now expires
    await this.#forget();
  }

  async #forget() {
    for (const earlier of await this.#upload.findPreviousUploads()) {
      await defaultOptions.urlStorage.removeUpload(earlier.urlStorageKey);
    }
  }

  #say(state) {
    this.#tell(state, this.part);
  }
}

// No answer, another sender that is just ending, a restart: it may be better in a moment.
function mayPass(status, tries) {
  if (status === 0) return true;
  const isBrief = [408, 409, 423, 460].includes(status) || (status >= 500 && status !== 507);
  return isBrief && tries < WAITS_S.length;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// What tus-js-client has been answered. Status 0 means that no answer came.
function read(response) {
  if (!response) return { status: 0 };
  const retryAfter = Number(response.getHeader("Retry-After")) || 10;
  return { status: response.getStatus(), body: parsed(response.getBody()), retryAfter };
}

async function posted(address, form = null) {
  try {
    const answer = await fetch(address, { method: "POST", body: form, headers: csrf() });
    const retryAfter = Number(answer.headers.get("Retry-After")) || 10;
    return { status: answer.status, body: parsed(await answer.text()), retryAfter };
  } catch {
    return { status: 0 };
  }
}
