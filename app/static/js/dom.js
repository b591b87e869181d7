// Elements made in one expression. Children that are strings become text, never markup.

/** A new element; `properties` are set as they are, `null` children are left out. */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** Set a text only where it differs, so that screen readers and selections are left in peace. */
export function setText(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}
