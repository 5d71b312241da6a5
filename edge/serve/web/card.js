// One scan on the page, in the markup of edge/results/card.py, and the verdict on a study.
import {printable} from "./printable.js";

export const WORDS = {
  tumor: "TUMOR", no_tumor: "no tumor", uncertain: "UNCERTAIN", rejected: "REJECTED",
  error: "not classified",
};
const KINDS = {
  tumor: "tumor", uncertain: "uncertain", no_tumor: "no tumor", rejected: "rejected",
  error: "not classified",
};
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 300;
const APART = 0.1; // labels nearer than this touch

// An element with attributes and children; text is one line, and never read as markup.
export function make(tag, attributes = {}, ...children) {
  const svg = ["svg", "rect", "line", "circle", "text"].includes(tag);
  const element = svg ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, printable(value));
  element.append(...children.filter((child) => child !== null)
    .map((child) => (typeof child === "string" ? printable(child) : child)));
  return element;
}

const place = (share) => (share * WIDTH).toFixed(1);
const baseName = (path) => path.split("/").pop();

export function milliseconds(result) {
  const timings = result.timings_ms;
  return timings.decode + timings.preprocess + timings.inference;
}

export function scale(value, threshold, [low, high]) {
  const banded = low < high;
  // As `scale` of edge/results/card.py: the threshold lies within the band.
  let label = `${value.toFixed(3)} on a scale from 0 to 1; tumor from ${high.toFixed(3)} on`;
  if (banded) label += `, uncertain between ${low.toFixed(3)} and ${high.toFixed(3)}`;
  const at = place(threshold);
  const zone = (kind, from, to) =>
    make("rect", {class: kind, x: from ? place(from) : "0", y: 5, width: place(to - from), height: 8});
  const text = (x, words, anchor) =>
    make("text", anchor ? {x, y: 25, "text-anchor": anchor} : {x, y: 25}, words);
  return make(
    "svg", {class: "scale", viewBox: `-6 0 ${WIDTH + 12} 28`, role: "img", "aria-label": label},
    make("rect", {class: "track", x: 0, y: 5, width: WIDTH, height: 8}),
    zone("low", 0, low), banded ? zone("band", low, high) : null, zone("high", high, 1),
    make("line", {class: "threshold", x1: at, y1: 2, x2: at, y2: 16}),
    low >= APART ? text("0", "0") : null,
    high <= 1 - APART ? text(String(WIDTH), "1", "end") : null,
    ...(banded
      ? [text(place(low), low.toFixed(2), "middle"), text(place(high), high.toFixed(2), "middle")]
      : [text(at, threshold.toFixed(2), "middle")]),
    make("circle", {class: "mark", cx: place(value), cy: 9, r: 5.5}),
  );
}

// What is said of a tumor's type (edge/results/words.py); "" if nothing is.
export function typeWords({type, type_probabilities: shares}) {
  if (!type || !shares) return "";
  const [likeliest, share] = Object.entries(shares).reduce((a, b) => (b[1] > a[1] ? b : a));
  return type === likeliest
    ? `type ${type} (${share.toFixed(3)})` : `type uncertain (${likeliest} ${share.toFixed(3)})`;
}

function pair(name, pictures) {
  const image = (alt) => make("img", {class: "scan", src: pictures.scan, alt, loading: "lazy"});
  const panes = [make("span", {class: "pane", "data-label": "scan"}, image(`Scan ${name}`))];
  if (pictures.heat_map)
    panes.push(make(
      "span", {class: "pane", "data-label": "heat map"}, image(""),
      make("img", {class: "heat", src: pictures.heat_map.image, alt: "Heat map over the scan",
        loading: "lazy"}),
    ));
  const kind = pictures.heat_map ? "pair" : "pair single";
  return make("button", {type: "button", class: kind, "aria-label": `Enlarge ${name}`}, ...panes);
}

// entry: {order, name, result, error, pictures}; model: what /v1/model says.
export function card(entry, model) {
  const {result, pictures, name} = entry;
  const kind = result ? result.verdict : "error";
  const value = result ? result.probability : null;
  const took = result ? milliseconds(result) : null;
  const parts = [];
  if (pictures && pictures.scan) parts.push(pair(baseName(name), pictures));
  if (value !== null) {
    parts.push(make("p", {class: "value"}, make("strong", {}, value.toFixed(3)), " ",
      make("span", {}, "probability of tumor")));
    const which = typeWords(result);
    if (which) parts.push(make("p", {class: "type"}, which));
    parts.push(scale(value, model.threshold, model.uncertain));
  }
  const reason = entry.error || (result && result.reason);
  if (reason) parts.push(make("p", {class: "why"}, reason));
  const remarks = [...(result ? result.remarks : [])];
  if (pictures && pictures.error) remarks.push(pictures.error);
  if (remarks.length)
    parts.push(make("ul", {class: "remarks", "aria-label": "Remarks"},
      ...remarks.map((remark) => make("li", {}, remark))));
  const small = [];
  if (pictures && pictures.heat_map) small.push(pictures.heat_map.finding, pictures.heat_map.method);
  if (took !== null) small.push(`${took.toFixed(1)} ms`);
  if (small.length) parts.push(make("p", {class: "small"}, small.join(" · ")));
  return make(
    "article",
    {class: `card ${kind}`, "data-verdict": kind, "data-order": entry.order, "data-name": name,
      "data-probability": value === null ? "" : value, "data-ms": took === null ? "" : took,
      "aria-label": `${WORDS[kind]}: ${name}`},
    make("header", {}, make("span", {class: "verdict"}, WORDS[kind]), make("h3", {}, name)),
    ...parts,
  );
}

export function tiles(counts, chosen) {
  const tile = (kind, word, count) => make(
    "button",
    {type: "button", class: `tile ${kind}`, "data-filter": kind, "data-count": count,
      "aria-pressed": String(kind === chosen)},
    make("strong", {}, String(count)), make("span", {}, word),
  );
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const kept = Object.entries(KINDS).filter(
    ([kind]) => counts[kind] || ["tumor", "uncertain", "no_tumor"].includes(kind));
  return [tile("", "scans", all), ...kept.map(([kind, word]) => tile(kind, word, counts[kind] || 0))];
}

// A bar a slice, in their order; the line is the threshold for slices.
function strip(entries, model) {
  const width = Math.max(entries.length, 24);
  const bars = entries.map((entry, at) => {
    const kind = entry.result ? entry.result.verdict : "error";
    const share = entry.result && entry.result.probability !== null ? entry.result.probability : 0;
    const height = Math.max(2, share * 40);
    return make("rect", {class: kind, x: at + 0.1, y: 42 - height, width: 0.8, height});
  });
  const y = 42 - model.threshold * 40;
  return make(
    "svg", {class: "strip", viewBox: `0 0 ${width} 44`, preserveAspectRatio: "none",
      role: "img", "aria-label": `The probabilities of ${entries.length} slices in their order`},
    ...bars, make("line", {x1: 0, y1: y, x2: width, y2: y}),
  );
}

export function study(name, entries, found, model) {
  const parts = [];
  if (found.score !== null) {
    parts.push(make("p", {class: "value"}, make("strong", {}, found.score.toFixed(3)), " ",
      make("span", {}, `score: the mean of its ${found.rule.strongest} strongest slices`)));
    const which = typeWords(found);
    if (which) parts.push(make("p", {class: "type"}, which));
    parts.push(scale(found.score, found.rule.threshold, found.rule.uncertain));
  }
  parts.push(strip(entries, model));
  const many = (count, word) => (count ? `${count} ${word}` : null);
  parts.push(make("p", {class: "why"}, [
    `${found.slices} slices`, many(found.tumor, "called tumor"), many(found.doubtful, "doubtful"),
    many(found.rejected, "rejected"), many(found.unread, "not read"),
  ].filter(Boolean).join(" · ")));
  if (found.reason) parts.push(make("p", {class: "why"}, found.reason));
  if (found.remarks.length)
    parts.push(make("ul", {class: "remarks", "aria-label": "Remarks"},
      ...found.remarks.map((remark) => make("li", {}, remark))));
  if (found.strongest.length)
    parts.push(make("p", {class: "row"}, make("span", {class: "soft"}, "Strongest slices"),
      ...found.strongest.map((one) => make(
        "button",
        {type: "button", class: "jump", "data-jump": entries[one.slice - 1].order},
        `${baseName(entries[one.slice - 1].name)} (${one.probability.toFixed(3)})`))));
  return make(
    "article", {class: `study ${found.verdict}`, "aria-label": `${WORDS[found.verdict]}: ${name}`},
    make("header", {}, make("span", {class: "verdict"}, WORDS[found.verdict]), make("h2", {}, name)),
    ...parts, make("p", {class: "small"}, found.notice),
  );
}
