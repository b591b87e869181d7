// The results to go through, and what is said of them; knows the API and nothing of the page.

import { csrf } from "../csrf.js";

const AHEAD = 3; // so many results before the last one that is known, more are asked for
const STRETCH = 20;

/** The service said no, or nothing; `code` is the service's, `message` fit for a person. */
export class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

async function ask(address, options = {}) {
  let answer;
  try {
    answer = await fetch(address, { cache: "no-store", headers: { Accept: "application/json" }, ...options });
  } catch {
    throw new Refused("unreachable", "The service does not answer. Nothing was saved; try again.");
  }
  const document = await answer.json().catch(() => ({}));
  if (answer.ok) return document;
  const { code = "failed", message = `The service answered ${answer.status}.` } = document.error ?? {};
  throw new Refused(code, message);
}

const jobAddress = (id) => `/api/v1/jobs/${encodeURIComponent(id)}`;

/** An opinion that says nothing yet. */
export const nothing = () => ({ verdict: null, reason: "", note: "", tissue: "", regions: [] });

function opinionOf(review) {
  const { verdict, reason, note, tissue, regions } = review;
  return structuredClone({ verdict, reason, note, tissue, regions });
}

const savedOf = ({ review }) => (review ? opinionOf(review) : nothing());

/** Results in one state of review, with one of them at hand. */
export class Queue {
  /** Results in that state, of a project or, with "", of all; `drafts` are what was not saved of them. */
  constructor(state, project, drafts) {
    Object.assign(this, { state, project, drafts });
    this.entries = [];
    this.place = 0;
    this.total = 0;
    this.cursor = null;
    this.ended = false;
    this.said = []; // what can be undone, the latest last
  }

  get current() {
    return this.entries[this.place] ?? null;
  }

  get following() {
    return this.entries.slice(this.place + 1, this.place + 1 + AHEAD);
  }

  /** Ask for the first results; before them comes `first`, if there is one: {job, view, review}. */
  async open(first) {
    if (first) this.entries.push(this.entry(first));
    await this.more();
  }

  // `past`: the regions before each change of them, the latest last.
  entry({ job, view, review }) {
    const version = review?.version ?? 0;
    return { job, view, version, review, draft: this.drafts.of(job.id, version) ?? savedOf({ review }), past: [] };
  }

  /** Keep what was not saved for when this page is loaded again. */
  keepDrafts() {
    const isSaved = (one) => JSON.stringify(one.draft) === JSON.stringify(savedOf(one));
    this.drafts.keep(this.entries.map((one) => ({ ...one, isSaved: isSaved(one) })));
  }

  async more() {
    if (this.ended) return;
    const query = new URLSearchParams({ state: this.state, limit: STRETCH });
    if (this.project) query.set("project", this.project);
    if (this.cursor) query.set("cursor", this.cursor);
    const page = await ask(`/api/v1/reviews?${query}`);
    if (!this.cursor) this.total = page.total;
    const known = new Set(this.entries.map((one) => one.job.id));
    this.entries.push(...page.items.filter(({ job }) => !known.has(job.id)).map((item) => this.entry(item)));
    this.cursor = page.next_cursor;
    this.ended = page.next_cursor === null;
  }

  async forward() {
    if (this.current) this.place += 1;
    if (this.following.length < AHEAD) await this.more();
  }

  back() {
    this.place = Math.max(0, this.place - 1);
  }

  /** Save the draft of the result at hand under a verdict. */
  async say(verdict) {
    const one = this.current;
    const before = savedOf(one);
    one.draft.verdict = verdict;
    await this.save(one, one.draft);
    this.said.push({ one, before });
  }

  /** Have these regions on the result at hand; what was before can be had again. */
  setRegions(regions) {
    this.keep();
    this.current.draft.regions = regions;
  }

  /** Give a region of the result at hand another shape; a change that `goesOn` is undone with the one before. */
  reshape(region, shape, goesOn) {
    if (!goesOn) this.keep();
    region.shape = shape;
  }

  // Words that were written since are no part of a change: an undone one takes none of them back.
  keep() {
    const { draft, past } = this.current;
    past.push(draft.regions.map((region) => ({ region, shape: region.shape })));
  }

  /** Whether there is a change of regions, or a verdict, to be undone. */
  get canUndo() {
    return Boolean(this.current?.past.length || this.said.length);
  }

  /** Take back the latest change of the regions at hand; whether there was one. */
  undoRegions() {
    const before = this.current?.past.pop();
    if (before) this.current.draft.regions = before.map(({ region, shape }) => Object.assign(region, { shape }));
    return Boolean(before);
  }

  /** Say again what was said before the latest verdict, and return to its result with all that was written on it. */
  async undo() {
    const last = this.said.at(-1);
    if (!last) return false;
    await this.save(last.one, last.before);
    last.one.draft.verdict = last.before.verdict;
    this.said.pop();
    this.place = this.entries.indexOf(last.one);
    return true;
  }

  async save(one, opinion) {
    const body = JSON.stringify({ ...opinion, version: one.version });
    const headers = { "Content-Type": "application/json", Accept: "application/json", ...csrf() };
    try {
      one.review = await ask(`${jobAddress(one.job.id)}/reviews`, { method: "POST", headers, body });
      one.version = one.review.version;
      one.past = [];
    } catch (refused) {
      if (refused.code === "review_conflict") await this.catchUp(one);
      throw refused;
    }
  }

  // What somebody else said meanwhile is what the next verdict of ours follows on.
  async catchUp(one) {
    const told = await ask(`${jobAddress(one.job.id)}/reviews`);
    one.version = told.version;
    one.review = told.reviews[0] ?? null;
  }

  /** How many results are left, those before the one at hand not counted. */
  get left() {
    if (this.state !== "unreviewed") return Math.max(0, this.total - this.place);
    return Math.max(0, this.total - this.entries.filter((one) => one.review?.verdict).length);
  }
}
