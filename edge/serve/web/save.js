// Results as files, in the columns and fields of `edge-classify --format csv`, `json` and `html`.
import {printable} from "./printable.js";

const COLUMNS = ["path", "verdict", "probability", "reason", "error", "model", "model_sha256",
  "synthetic", "remarks"];
const TIMINGS = ["decode", "preprocess", "inference"];
const LAST = ["notice", "file_sha256", "signer", "signer_key_id",
  "type", "type_probabilities"];
const FORMULA = /^\s*[=+\-@＝＋－＠]/;

function give(text, type, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], {type}));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function record({name, result, error}) {
  return {path: name, ...(result || {verdict: null}), error: result ? null : error};
}

// A cell is one line, and no formula.
export function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return String(value);
  let text = printable(value);
  if (FORMULA.test(text)) text = `'${text}`;
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csv(entries) {
  const rows = [[...COLUMNS, ...TIMINGS.map((name) => `${name}_ms`), ...LAST]];
  for (const entry of entries) {
    const found = record(entry), timings = found.timings_ms || {};
    found.remarks = (found.remarks || []).join("; ");
    found.type_probabilities = Object.entries(found.type_probabilities || {})
      .map(([type, share]) => `${type} ${share}`).join("; ");
    rows.push([...COLUMNS.map((name) => found[name]), ...TIMINGS.map((name) => timings[name]),
      ...LAST.map((name) => found[name])]);
  }
  return rows.map((row) => row.map(cell).join(",") + "\n").join("");
}

export function saveCsv(entries) {
  give(csv(entries), "text/csv", "mri-edge-results.csv");
}

export function saveJson(entries, notice) {
  const document = {notice, results: entries.map(record)};
  give(JSON.stringify(document, null, 1), "application/json", "mri-edge-results.json");
}

// parts: what stands before and after; the rest is on the page already, in the same markup.
export function savePage({head, tail}, list, summary, studies) {
  const cards = [...list.children].map((card) => {
    const copy = card.cloneNode(true);
    copy.hidden = false;
    copy.classList.remove("found-again");
    return copy.outerHTML;
  });
  const whole = summary.cloneNode(true);
  for (const tile of whole.children) tile.setAttribute("aria-pressed", String(!tile.dataset.filter));
  const shown = studies.hidden ? "" : studies.outerHTML;
  give(`${head}${cards.join("\n")}</section>\n${whole.outerHTML}${shown}${tail}`, "text/html",
    "mri-edge-results.html");
}
