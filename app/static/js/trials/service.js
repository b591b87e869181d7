// What the service is asked about regions of one job.

import { csrf } from "../csrf.js";

/** The service said no, or nothing; the message is fit for a person. */
export class Refused extends Error {}

export class Trials {
  constructor(jobId) {
    this.address = `/api/v1/jobs/${encodeURIComponent(jobId)}`;
  }

  /** A trial for each of the models. */
  async ask(region, models) {
    return (await post(`${this.address}/trials`, { region, models })).trials;
  }

  /** The latest, those first. */
  async list() {
    return (await fetched(`${this.address}/trials`)).trials;
  }

  /** The page of a new job that translates all of the image. */
  async translateAll(model) {
    return (await post(`${this.address}/translations`, { model })).links.page;
  }
}

function post(address, body) {
  const headers = { "Content-Type": "application/json", ...csrf() };
  return fetched(address, { method: "POST", headers, body: JSON.stringify(body) });
}

async function fetched(address, options = {}) {
  let answer;
  try {
    answer = await fetch(address, { cache: "no-store", ...options });
  } catch {
    throw new Refused("The service does not answer. Check the network, then try again.");
  }
  const document = await answer.json().catch(() => ({}));
  if (answer.ok) return document;
  throw new Refused(document.error?.message ?? `The service answered ${answer.status}; try again.`);
}
