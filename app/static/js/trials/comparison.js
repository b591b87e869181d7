// The input and what each model made of it, beside each other, at the same place and zoom.

import { element, setText } from "../dom.js";
import { OPTIONS } from "../viewer/pair.js";

const { OpenSeadragon } = window;
const WORDS = { queued: "Waiting for its turn …", running: "Being translated …" };

export class Comparison {
  /** `titles` are those of models, by name; `choose` is called with the model for the whole image. */
  constructor(place, titles, job, choose) {
    Object.assign(this, { place, titles, job, choose });
    this.viewers = [];
    this.lead = null;
  }

  /** Begin anew with the trials of one region. */
  open(trials) {
    for (const viewer of this.viewers) viewer.destroy();
    this.viewers = [];
    this.lead = null;
    this.isMoved = false; // by somebody who looks
    this.region = trials[0].region;
    this.input = this.figure("Input", null);
    this.figures = new Map(trials.map((trial) => [trial.id, this.figure(this.titles.get(trial.model) ?? trial.model, trial.model)]));
    this.place.replaceChildren(this.input.root, ...[...this.figures.values()].map(({ root }) => root));
    this.place.dataset.count = trials.length + 1;
    this.update(trials);
  }

  /** Show how far they are by now. */
  update(trials) {
    for (const trial of trials) {
      const figure = this.figures.get(trial.id);
      if (!figure) continue;
      setText(figure.status, statusOf(trial));
      figure.status.classList.toggle("bad-text", trial.state === "failed");
      figure.waiting.hidden = trial.state === "done";
      setText(figure.waiting, WORDS[trial.state] ?? trial.error?.message ?? "");
      if (trial.state !== "done" || figure.viewer) continue;
      if (!this.input.viewer) this.show(this.input, trial.links.input, { ...this.region });
      this.show(figure, trial.links.picture, trial.made);
      setText(figure.notes, trial.made.notes.join(" "));
      figure.act.classList.remove("away");
    }
  }

  zoomBy(factor) {
    this.isMoved = true;
    this.leader?.viewport.zoomBy(factor).applyConstraints();
  }

  panBy(right, down) {
    const viewport = this.leader?.viewport;
    if (!viewport) return;
    this.isMoved = true;
    const seen = viewport.getBounds();
    viewport.panBy(new OpenSeadragon.Point(right * seen.width, down * seen.height)).applyConstraints();
  }

  fit(immediately = false) {
    const { width, height } = this.region;
    this.isMoved = false;
    this.leader?.viewport.fitBounds(new OpenSeadragon.Rect(0, 0, 1, height / width), immediately);
  }

  // Panes change their size while captions come.
  settle() {
    if (!this.isMoved) this.fit(true);
    const { leader } = this;
    for (const other of this.viewers) if (other !== leader) this.copy(leader, other);
  }

  get leader() {
    this.lead = this.viewers[0] ?? null;
    return this.lead;
  }

  figure(title, model) {
    const pane = element("div", { className: "pane" });
    const waiting = element("p", { className: "waiting", textContent: model ? "" : "The input as it was sent" });
    const status = element("span", { className: "quiet numbers" });
    const notes = element("p", { className: "small quiet" });
    const act = element("div", { className: "act away" });
    if (model) act.append(this.button(title, model));
    const caption = element("figcaption", {}, element("div", {}, element("strong", { textContent: title }), status), act, notes);
    const root = element("figure", {}, element("div", { className: "stage" }, pane, waiting), caption);
    return { root, pane, waiting, status, notes, act, viewer: null };
  }

  button(title, model) {
    if (model === this.job.model && this.job.state === "done") {
      return element("a", { className: "btn btn-plain btn-sm", href: this.job.page, textContent: "The whole image is translated with it" });
    }
    const words = `Translate the whole image with ${title}`;
    const button = element("button", { type: "button", className: "btn btn-plain btn-sm", textContent: words });
    button.addEventListener("click", () => this.choose(model, button));
    return button;
  }

  // Places are in widths of the region, so that pictures of other pixels lie exactly on each other.
  show(figure, url, { x, y, width }) {
    const { region } = this;
    figure.waiting.hidden = true;
    const viewer = new OpenSeadragon.Viewer({ ...OPTIONS, element: figure.pane });
    figure.viewer = viewer;
    this.viewers.push(viewer);
    viewer.addHandler("canvas-key", (event) => {
      event.preventDefaultAction = true;
    });
    viewer.addHandler("viewport-change", () => this.follow(viewer));
    for (const act of ["canvas-press", "canvas-scroll", "canvas-pinch"]) {
      viewer.addHandler(act, () => {
        this.lead = viewer;
        this.isMoved = true;
      });
    }
    const place = { x: (x - region.x) / region.width, y: (y - region.y) / region.width, width: width / region.width };
    viewer.addHandler("after-resize", () => this.settle());
    const success = () => {
      this.settle();
      figure.root.dataset.ready = "";
    };
    viewer.addSimpleImage({ url, ...place, success });
  }

  follow(from) {
    if (from !== this.lead) return;
    for (const other of this.viewers) if (other !== from) this.copy(from, other);
  }

  copy(from, to) {
    to.viewport.zoomTo(from.viewport.getZoom(true), null, true);
    to.viewport.panTo(from.viewport.getCenter(true), true);
  }
}

function statusOf({ state, made }) {
  if (state === "done") return `${made.seconds < 10 ? made.seconds.toFixed(1) : Math.round(made.seconds)} s`;
  return state === "failed" ? "not done" : "";
}
