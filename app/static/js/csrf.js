// What a request that changes something must show to come from a page of ours.

/** The header for it; none where nobody logs in. */
export function csrf() {
  const token = document.querySelector("meta[name=csrf-token]")?.content;
  return token ? { "X-CSRF-Token": token } : {};
}
