// Copying what a field holds.

/** Copy a field's text; false where the browser does not let us, with the text selected. */
export async function copyText(input) {
  // The clipboard is there only on https and on this machine; selecting and copying works elsewhere.
  input.select();
  try {
    await navigator.clipboard.writeText(input.value);
    return true;
  } catch {
    return document.execCommand("copy");
  }
}
