// The files of a drop or of a chooser, with those in folders: each as {file, path, isInFolder}.

/** What was chosen in a file or folder chooser. */
export function chosenFiles(input) {
  return [...input.files].map((file) => found(file, file.webkitRelativePath));
}

/** What was dropped; to be called at once, as a drop can be read only while it is handled. */
export async function droppedFiles(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const entries = items.map((item) => [item.webkitGetAsEntry?.() ?? null, item.getAsFile()]);
  const lists = await Promise.all(
    entries.map(([entry, file]) => (entry?.isDirectory ? inside(entry) : file ? [found(file, "")] : [])),
  );
  return lists.flat();
}

function found(file, path) {
  return { file, path: path || file.name, isInFolder: path !== "" };
}

async function inside(folder) {
  const lists = [];
  for (const entry of await entriesOf(folder)) {
    if (entry.isDirectory) lists.push(await inside(entry));
    else lists.push([found(await fileOf(entry), entry.fullPath.replace(/^\//, ""))]);
  }
  return lists.flat();
}

// A browser gives a hundred at a time, and none when there are no more.
async function entriesOf(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

function fileOf(entry) {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
