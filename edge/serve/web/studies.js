// What belongs together: a DICOM series, the frames of a file, the pictures of a folder.
const collator = new Intl.Collator(undefined, {numeric: true});

// entries: with what is known of them. Returns [{name, entries}], each of more than one entry.
export function groups(entries) {
  const found = new Map();
  for (const entry of entries) {
    const folder = entry.name.split("/").slice(0, -1).join("/");
    const key = entry.file || entry.series_hash || folder;
    if (!key) continue; // single pictures from nowhere
    if (!found.has(key)) found.set(key, {title: entry.file || folder || "DICOM series", entries: []});
    found.get(key).entries.push(entry);
  }
  const all = [...found.values()].filter((group) => group.entries.length > 1);
  return all.map((group) => {
    const alike = all.filter((other) => other.title === group.title);
    const number = alike.length > 1 ? ` (${alike.indexOf(group) + 1} of ${alike.length})` : "";
    group.entries.sort((a, b) => collator.compare(a.name, b.name));
    return {name: `${group.title}${number}`, entries: group.entries};
  });
}

// What /v1/series takes of them.
export function slices(entries) {
  return entries.map(({result}) => (result ? {
    verdict: result.verdict, probability: result.probability, doubtful: result.doubtful,
    reason: result.reason, model_sha256: result.model_sha256,
  } : {verdict: null}));
}
