// What was dropped or chosen, as single files: [{name, chosen, open}]. Folders are gone through.
import {entries} from "./zip.js";

export const MOST = 5000;
const MAGIC = [
  [0, [0x89, 0x50, 0x4e, 0x47]], [0, [0xff, 0xd8, 0xff]], [0, [0x42, 0x4d]], [0, [0x47, 0x49, 0x46, 0x38]],
  [0, [0x49, 0x49, 0x2a, 0]], [0, [0x4d, 0x4d, 0, 0x2a]], [0, [0x49, 0x49, 0x2b, 0]],
  [0, [0x4d, 0x4d, 0, 0x2b]], [8, [0x57, 0x45, 0x42, 0x50]], [128, [0x44, 0x49, 0x43, 0x4d]],
  [0, [0x02, 0, 0, 0]], [0, [0x08, 0, 0x05, 0]], [0, [0x08, 0, 0x08, 0]], [0, [0x08, 0, 0, 0]],
];
const ARCHIVE = /\.zip$/i; // a text document is packed as one, too
const DIRECTORIES = /(^|\/)(DICOMDIR|__MACOSX\/.*|\.[^/]*)$/i;

// Whether a file may be a picture, by its first bytes. Of a folder, others are left out unsent; the
// last three are what DICOM without its preamble begins with.
export async function maybePicture(blob) {
  const head = new Uint8Array(await blob.slice(0, 132).arrayBuffer());
  return MAGIC.some(([at, bytes]) => bytes.every((byte, i) => head[at + i] === byte));
}

async function isZip(file) {
  const head = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  return head[0] === 0x50 && head[1] === 0x4b && (head[2] === 3 || head[2] === 5);
}

function listOf(directory) {
  const reader = directory.createReader(), found = [];
  return new Promise((resolve, reject) => {
    const more = () => reader.readEntries((some) => {
      if (!some.length || found.length > MOST) return resolve(found);
      found.push(...some);
      more(); // a browser gives a hundred at a time
    }, reject);
    more();
  });
}

async function walk(entry, found) {
  if (found.length >= MOST) return;
  if (entry.isDirectory) {
    const inner = await listOf(entry);
    for (const one of inner) await walk(one, found);
    return;
  }
  const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
  found.push({name: entry.fullPath.replace(/^\//, ""), file});
}

// What a drop holds. To be called while the event is handled: later it is empty.
export function dropped(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const roots = items.map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry());
  const files = [...transfer.files];
  return (async () => {
    if (!roots.length || roots.some((root) => !root)) return chosen(files);
    const found = [];
    for (const root of roots) {
      const before = found.length;
      await walk(root, found);
      for (const one of found.slice(before)) one.chosen = root.isFile;
    }
    return found;
  })();
}

export function chosen(files) {
  return [...files].map((file) => ({
    name: file.webkitRelativePath || file.name, file, chosen: !file.webkitRelativePath,
  }));
}

// Single files of all that: an archive becomes what is in it.
// Returns {files, problems, left}: `left` counts what nobody would take for a scan.
export async function expand(found, fileBytes) {
  const files = [], problems = [];
  let left = 0;
  for (const one of found) {
    try {
      if ((one.chosen || ARCHIVE.test(one.name)) && (await isZip(one.file))) {
        for (const entry of await entries(one.file, fileBytes)) {
          if (DIRECTORIES.test(entry.name)) left++;
          else if (ARCHIVE.test(entry.name))
            problems.push(`${one.name}/${entry.name}: is an archive in an archive; unpack it first`);
          else files.push({name: `${one.name}/${entry.name}`, chosen: false, open: entry.open});
        }
      } else if (!one.chosen && DIRECTORIES.test(one.name)) left++;
      else files.push({name: one.name, chosen: one.chosen, open: async () => one.file});
    } catch (error) {
      problems.push(`${one.name}: ${error.message}`);
    }
  }
  if (files.length > MOST) {
    problems.push(`more than ${MOST} files: the first ${MOST} are taken`);
    files.length = MOST;
  }
  return {files, problems, left};
}
