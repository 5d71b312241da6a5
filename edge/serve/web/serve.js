// The page: takes scans, asks for their verdicts, shows them as they come, and saves them.
import {card, make, study, tiles} from "./card.js";
import {chosen, dropped, expand, maybePicture} from "./inputs.js";
import {printable} from "./printable.js";
import {saveCsv, saveJson, savePage} from "./save.js";
import {groups, slices} from "./studies.js";

const MOST_FRAMES = 500, TRIES = 6;
const one = (selector) => document.querySelector(selector);
const list = one("#results");
let model = null, token = "", running = 0, stopped = false, saved = true;
let entries = [], queue = [], left = 0, studyTurn = 0;
const collator = new Intl.Collator(undefined, {numeric: true});

function ask(path, options = {}) {
  const headers = token ? {Authorization: `Bearer ${token}`} : {};
  return fetch(path, {...options, headers, cache: "no-store", credentials: "omit"});
}

function problem(text) {
  one("#problems").append(make("p", {}, text));
  tell();
}

async function begin() {
  const answer = await ask("/v1/model").catch(() => null);
  if (!answer) return problem("The server cannot be reached.");
  if (answer.status === 401) {
    one("#token-problem").textContent = token ? "That is not the token." : "";
    one("#token").hidden = false;
    one("main").hidden = true;
    one("#token-text").focus();
    return;
  }
  if (!answer.ok) return problem(`The server answered with status ${answer.status}.`);
  model = await answer.json();
  one("#token").hidden = true;
  one("main").hidden = false;
  const name = printable(model.model);
  one("#model").textContent = name;
  const [low, high] = model.uncertain;
  facts([
    ["Model", name], ["Threshold", model.threshold.toFixed(3)],
    ["Uncertain band", low < high ? `${low.toFixed(3)} to ${high.toFixed(3)}` : "none"],
    ["Date", new Date().toLocaleDateString()], ["mri-edge", model.version], ["Engine", model.engine],
    ["Payload SHA-256", model.model_sha256],
  ]);
  one("#synthetic").hidden = !model.synthetic;
}

function facts(pairs) {
  one("#facts").replaceChildren(...pairs.map(([name, value]) => {
    const box = document.createElement("div"), term = document.createElement("dt");
    const said = document.createElement("dd");
    [term.textContent, said.textContent] = [name, value];
    box.append(term, said);
    return box;
  }));
  one("#facts").hidden = false;
}

async function take(promise) {
  if (!model) return;
  const found = await promise.catch((error) => (problem(`It cannot be read: ${error.message}`), []));
  const {files, problems, left: passed} = await expand(found, model.limits.file_bytes);
  problems.forEach(problem);
  left += passed;
  if (!files.length) {
    if (!problems.length) problem(passed ? "There is no picture in it." : "There is no file in it.");
    return;
  }
  stopped = false;
  add(files.sort((a, b) => collator.compare(a.name, b.name)));
}

function add(files) {
  for (const file of files) {
    const entry = {...file, order: entries.length + 1};
    entries.push(entry);
    queue.push(entry);
  }
  one("#drop").classList.add("small-one");
  tell();
  // One more than there are processes: while one is judged, the next one's bytes come.
  while (running < model.jobs + 1 && queue.length) work();
}

async function work() {
  running++;
  while (queue.length && !stopped) {
    const entry = queue.shift();
    await judge(entry);
    show(entry);
  }
  running--;
  tell();
  if (!running) judgeStudies();
}

async function judge(entry) {
  let blob;
  try {
    blob = await entry.open();
    if (!entry.chosen && !(await maybePicture(blob))) return void (entry.left = true);
    if (blob.size > model.limits.file_bytes)
      throw new Error(`is larger than ${model.limits.file_bytes} bytes`);
    if (!blob.size) throw new Error("is empty (0 bytes)");
  } catch (error) {
    return void (entry.error = error.message);
  }
  const query = entry.frame ? `?pictures=1&frame=${entry.frame}` : "?pictures=1";
  for (let tries = 1; ; tries++) {
    try {
      const answer = await ask(`/v1/classify${query}`, {method: "POST", body: blob});
      if (answer.ok) return await read(answer, entry);
      const said = await answer.json();
      if (answer.status === 503 && tries < TRIES && !stopped) {
        await new Promise((resolve) => setTimeout(resolve, 1000 * Number(answer.headers.get("Retry-After") || 2)));
        continue;
      }
      if (said.frames > 1) return frames(entry, blob, said.frames);
      entry.error = said.error;
    } catch {
      entry.error = entry.result ? undefined : "the server did not answer";
    }
    return;
  }
}

async function read(answer, entry) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; ;) {
    const {done, value} = await reader.read();
    if (done) return;
    text += value;
    for (let end; (end = text.indexOf("\n")) >= 0; text = text.slice(end + 1)) {
      Object.assign(entry, JSON.parse(text.slice(0, end)));
      show(entry); // the verdict first; its pictures follow
    }
  }
}

// A file of several frames is a study of its own.
function frames(entry, blob, count) {
  if (entry.cleared) return;
  if (count > MOST_FRAMES)
    return void (entry.error = `has ${count} frames; more than ${MOST_FRAMES} are not taken here`);
  entry.left = entry.passed = true;
  const more = Array.from({length: count}, (_, at) => ({
    name: `${entry.name}#${at + 1}`, chosen: true, frame: at + 1, file: entry.name,
    open: async () => blob, order: entries.length + 1 + at,
  }));
  entries.push(...more);
  queue.unshift(...more);
}

function show(entry) {
  if (entry.cleared) return; // its request was under way
  if (entry.left || !(entry.result || entry.error)) return tell();
  const made = card(entry, model);
  if (entry.card) {
    const focused = entry.card.contains(document.activeElement);
    entry.card.replaceWith(made);
    if (focused) made.querySelector("button")?.focus();
  } else {
    saved = false;
    list.append(made);
  }
  entry.card = made;
  document.dispatchEvent(new Event("results-changed"));
  tell();
}

const done = () => entries.filter((entry) => entry.card);

let telling = false;
function tell() {
  if (telling) return;
  telling = true;
  requestAnimationFrame(() => {
    telling = false;
    tellNow();
  });
}

function tellNow() {
  const all = entries.filter((entry) => !entry.left).length, ready = done();
  const counts = {};
  for (const {result} of ready) {
    const kind = result ? result.verdict : "error";
    counts[kind] = (counts[kind] || 0) + 1;
  }
  const summary = one("#summary"), pressed = summary.querySelector("[aria-pressed=true]");
  const focused = document.activeElement?.dataset?.filter;
  summary.replaceChildren(...tiles(counts, pressed ? pressed.dataset.filter : ""));
  if (focused !== undefined) summary.querySelector(`[data-filter="${focused}"]`)?.focus();
  one("#found").hidden = !ready.length;
  one("#work").hidden = !entries.length && !one("#problems").children.length;
  const bar = one("#progress");
  [bar.max, bar.value, bar.hidden] = [all || 1, ready.length, !all];
  const passed = left + entries.filter((entry) => entry.left && !entry.passed).length;
  one("#status").textContent = (all ? `${ready.length} of ${all} done` : "nothing was classified")
    + (passed ? ` · ${passed} left out: no pictures` : "") + (stopped ? " · stopped" : "");
  one("#stop").hidden = !queue.length;
}

async function judgeStudies() {
  const turn = ++studyTurn, made = [];
  for (const group of groups(done())) {
    const body = JSON.stringify({slices: slices(group.entries)});
    const answer = await ask("/v1/series", {method: "POST", body}).catch(() => null);
    if (answer && answer.ok) made.push(study(group.name, group.entries, await answer.json(), model));
    else problem(`${group.name}: the study could not be judged`);
  }
  if (turn !== studyTurn) return; // more has come meanwhile
  one("#studies").replaceChildren(...made);
  one("#studies").hidden = !made.length;
}

async function save(kind) {
  const ready = done();
  if (kind === "csv") saveCsv(ready);
  if (kind === "json") saveJson(ready, model.notice);
  if (kind === "html") {
    const answer = await ask("/v1/page");
    if (!answer.ok) return problem("The page could not be made.");
    savePage(await answer.json(), list, one("#summary"), one("#studies"));
  }
  saved = true;
}

function clear() {
  for (const entry of entries) entry.cleared = true;
  [entries, queue, left, saved] = [[], [], 0, true];
  studyTurn++;
  list.replaceChildren();
  one("#studies").replaceChildren();
  one("#studies").hidden = true;
  one("#problems").replaceChildren();
  one("#drop").classList.remove("small-one");
  tell();
}

document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("over");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  take(dropped(event.dataTransfer));
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.id === "choose-files") one("#files").click();
  if (button.id === "choose-folder") one("#folder").click();
  if (button.id === "clear") clear();
  if (button.id === "stop") {
    stopped = true;
    for (const entry of queue.splice(0)) entry.left = entry.passed = true;
    tell();
  }
  if (button.dataset.save) save(button.dataset.save);
});
for (const id of ["files", "folder"])
  one(`#${id}`).addEventListener("change", (event) => {
    take(Promise.resolve(chosen(event.target.files)));
    event.target.value = "";
  });
one("#token").addEventListener("submit", (event) => {
  event.preventDefault();
  token = one("#token-text").value.trim();
  one("#token-text").value = "";
  begin();
});
addEventListener("beforeunload", (event) => {
  if (!saved) event.preventDefault();
});
begin();
