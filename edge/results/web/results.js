"use strict";
// What a page of results does: filter, sort, blend the heat maps, enlarge. A page of a file and the
// page of a server have the same markup; the latter says "results-changed" when it has added some.
(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  const list = one("#results"), tools = one("#tools"), viewer = one("#viewer");
  let kind = "";

  const KEYS = {
    order: (card) => Number(card.dataset.order),
    name: (card) => card.dataset.name,
    probability: (card) => (card.dataset.probability === "" ? null : Number(card.dataset.probability)),
    ms: (card) => (card.dataset.ms === "" ? null : Number(card.dataset.ms)),
  };
  const collator = new Intl.Collator(undefined, {numeric: true});

  function compare(name, falling) {
    const key = KEYS[name];
    return (first, second) => {
      const a = key(first), b = key(second);
      if (a === null || b === null) return (a === null) - (b === null); // unknown: last
      const order = name === "name" ? collator.compare(a, b) : a - b;
      return falling ? -order : order;
    };
  }

  function arrange() {
    const [name, direction] = one("#sort").value.split(" ");
    const cards = all(".card", list), sorted = [...cards].sort(compare(name, direction === "falling"));
    if (sorted.some((card, at) => card !== cards[at])) list.append(...sorted);
    const words = one("#find").value.trim().toLowerCase();
    let shown = 0;
    for (const card of sorted) {
      const fits = (!kind || card.dataset.verdict === kind)
        && (!words || card.dataset.name.toLowerCase().includes(words));
      card.hidden = !fits;
      shown += fits;
    }
    one("#shown").textContent = shown === sorted.length ? "" : `${shown} of ${sorted.length} shown`;
  }

  function blend(percent) {
    document.documentElement.style.setProperty("--heat", percent / 100);
    for (const slider of all("input.blend")) slider.value = percent;
    for (const output of all("output.blend")) output.textContent = `${percent} %`;
  }

  function enlarge(card) {
    const pair = card.querySelector(".pair");
    if (!pair) return;
    const copy = document.createElement("div");
    copy.className = pair.className;
    for (const pane of pair.children) copy.append(pane.cloneNode(true));
    viewer.querySelector(".pair").replaceWith(copy);
    viewer.querySelector("h2").textContent =
      `${card.querySelector(".verdict").textContent} · ${card.dataset.name}`;
    viewer.querySelector(".said").textContent =
      all(".value, .remarks li, .why, .small", card).map((part) => part.textContent.trim()).join(" · ");
    viewer.dataset.order = card.dataset.order;
    if (!viewer.open) viewer.showModal();
  }

  function step(by) {
    const cards = all(".card:not([hidden])", list).filter((card) => card.querySelector(".pair"));
    const at = cards.findIndex((card) => card.dataset.order === viewer.dataset.order);
    const next = cards[at + by];
    if (next) enlarge(next);
  }

  function jump(card) {
    if (!card) return;
    card.hidden = false;
    card.scrollIntoView({block: "center"});
    card.querySelector(".pair")?.focus({preventScroll: true});
    card.classList.add("found-again");
    setTimeout(() => card.classList.remove("found-again"), 1600);
  }

  document.addEventListener("click", (event) => {
    const tile = event.target.closest("[data-filter]");
    if (tile) {
      kind = kind === tile.dataset.filter ? "" : tile.dataset.filter;
      for (const other of all("[data-filter]"))
        other.setAttribute("aria-pressed", String(other.dataset.filter === kind));
      arrange();
    }
    const pair = event.target.closest("#results .pair");
    if (pair) enlarge(pair.closest(".card"));
    const from = event.target.closest("[data-jump]");
    if (from) jump(one(`#results [data-order="${from.dataset.jump}"]`));
    if (event.target.closest("#viewer .close") || event.target === viewer) viewer.close();
    if (event.target.closest("#viewer .before")) step(-1);
    if (event.target.closest("#viewer .after")) step(1);
    if (event.target.closest("#theme")) {
      const dark = matchMedia("(prefers-color-scheme: dark)").matches;
      const now = document.documentElement.dataset.theme || (dark ? "dark" : "light");
      document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
    }
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches("input.blend")) blend(Number(event.target.value));
    if (event.target.matches("#find, #sort")) arrange();
  });
  viewer.addEventListener("keydown", (event) => {
    if (event.target.matches("input")) return;
    if (event.key === "ArrowRight") step(1);
    if (event.key === "ArrowLeft") step(-1);
  });
  let waiting = false;
  document.addEventListener("results-changed", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      arrange();
    });
  });
  tools.hidden = false;
  one("#theme").hidden = false;
  blend(60);
})();
