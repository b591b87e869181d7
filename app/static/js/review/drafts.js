// What is said of results and not saved under a verdict, kept in this tab while its page is loaded again.

export class Drafts {
  /** Those of one account; "" where nobody logs in. */
  constructor(who) {
    this.key = `review drafts ${who}`;
  }

  all() {
    return JSON.parse(sessionStorage.getItem(this.key) ?? "{}");
  }

  /** What was said of a job whose latest review has that version; undefined for nothing. */
  of(id, version) {
    const kept = this.all()[id];
    return kept?.version === version ? kept.draft : undefined;
  }

  /** Keep what has not been saved of these results: {job, version, draft, isSaved}. */
  keep(entries) {
    const kept = this.all();
    for (const { job, version, draft, isSaved } of entries) {
      if (isSaved) delete kept[job.id];
      else kept[job.id] = { version, draft };
    }
    sessionStorage.setItem(this.key, JSON.stringify(kept));
  }
}
