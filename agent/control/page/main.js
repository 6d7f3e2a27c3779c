// SPDX-License-Identifier: Apache-2.0
// Takes what happens into the model and draws it, once for all that came since the last time.
import { ask, follow, token } from "./api.js";
import { by, make, say } from "./dom.js";
import { chartsAnew, chartsDraw, chartsMake } from "./charts.js";
import { clock } from "./format.js";
import { addAnomaly, addEarlier, addWindow, forget, model, windowsMost } from "./model.js";
import { anomaliesDraw, announce, lossDraw, tilesDraw, tilesMake } from "./now.js";
import { queriesDraw, queriesMake, queriesRead } from "./queries.js";
import { themeMake } from "./theme.js";

const spans = [[300, "5 min"], [900, "15 min"], [3600, "1 h"]];
const dirty = new Set();

function draw() {
  const due = new Set(dirty);
  dirty.clear();
  if (due.has("windows")) {
    chartsDraw();
    tilesDraw();
  } else if (due.has("anomalies")) {
    chartsDraw();
  }
  if (due.has("windows") || due.has("books")) lossDraw();
  if (due.has("anomalies")) anomaliesDraw();
  if (due.has("queries")) queriesDraw();
  performance.mark("drawn");
}

function redraw(...what) {
  if (dirty.size === 0) requestAnimationFrame(draw);
  for (const one of what) dirty.add(one);
}

function readySay(ready) {
  model.ready = ready;
  const state = by("ready");
  state.className = `state ${ready.ready ? "good" : "bad"}`;
  say(state, ready.ready ? "Taking packets" : `Not ready: ${ready.error}`);
}

// What was there before the stream began; what comes on it meanwhile is kept.
async function earlierRead() {
  const [windows, anomalies] = await Promise.all([ask("GET", `/windows?limit=${windowsMost}`), ask("GET", "/anomalies?limit=200"), queriesRead()]);
  addEarlier(windows.windows);
  for (const one of anomalies.anomalies.reverse()) addAnomaly(one);
  redraw("windows", "anomalies", "queries");
}

const takes = {
  hello: ({ resumed }) => {
    if (resumed) return;
    forget();
    earlierRead().catch((error) => say(by("ready"), error.message));
  },
  ready: readySay,
  books: (books) => { model.books = books; redraw("books"); },
  window: (record) => {
    say(by("sensor"), record.sensor);
    addWindow(record);
    if (!model.chosen) redraw("windows");
  },
  answers: ({ answers }) => { for (const one of answers) takes.answer(one); },
  answer: (record) => { model.answers.set(record.query, record); redraw("queries"); },
  anomalies: ({ anomalies }) => { for (const one of anomalies) addAnomaly(one); redraw("anomalies"); },
  anomaly: (record) => {
    addAnomaly(record);
    if (record.phase === "begin") announce(record);
    redraw("anomalies");
  },
  query: () => { queriesRead().then(() => redraw("queries"), () => {}); },
};

function connectionSay(state, why) {
  const element = by("connection");
  element.className = `state ${state === "live" ? "good" : "bad"}`;
  say(element, state === "live" ? "Live" : "Reconnecting…");
  element.title = why ?? "";
  document.body.classList.toggle("lost", state !== "live");
}

function tokenAsk(message) {
  const dialog = by("token-dialog");
  say(by("token-error"), message);
  dialog.showModal();
  return new Promise((resolve) => {
    by("token-form").onsubmit = () => {
      token(by("token").value);
      resolve();
    };
    dialog.oncancel = (event) => event.preventDefault();
  });
}

function spanButtons() {
  const buttons = spans.map(([seconds, label]) => make("button", { type: "button", "aria-pressed": String(!model.chosen && model.span === seconds),
    onclick: () => { location.hash = `last=${seconds}`; } }, label));
  if (model.chosen) {
    buttons.push(make("button", { type: "button", "aria-pressed": "true", onclick: () => { location.hash = `last=${model.span}`; } },
      `${clock(model.chosen.from)}–${clock(model.chosen.to)}: back to live`));
  }
  by("spans").replaceChildren(...buttons);
}

// What is shown is in the address: who gets the link sees the same.
async function hashRead() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const last = Number(wanted.get("last"));
  const [from, to] = [Number(wanted.get("from")), Number(wanted.get("to"))];
  if (last > 0) model.span = Math.min(3600, last);
  model.chosen = null;
  if (from > 0 && to > from) {
    const { windows } = await ask("GET", `/windows?from_us=${from}&to_us=${to}&limit=${windowsMost}`);
    model.chosen = { from, to, windows };
  }
  spanButtons();
  redraw("windows", "anomalies");
}

async function share() {
  const windows = model.chosen?.windows ?? model.windows;
  const to = windows.at(-1)?.end_us ?? 0;
  const from = model.chosen?.from ?? Math.max(windows[0]?.start_us ?? 0, to - model.span * 1e6);
  const link = `${location.href.split("#")[0]}#from=${from}&to=${to}`;
  try {
    await navigator.clipboard.writeText(link);
    say(by("announce"), "The link is copied");
    say(by("share"), "Copied");
  } catch {
    location.hash = link.split("#")[1];
    say(by("share"), "In the address");
  }
  setTimeout(() => say(by("share"), "Copy link"), 2000);
}

tilesMake();
chartsMake(by("charts"), (from, to) => { location.hash = `from=${from}&to=${to}`; });
queriesMake();
themeMake(by("theme"), () => { chartsAnew(); redraw("windows", "anomalies"); });
by("share").addEventListener("click", share);
const hashTake = () => hashRead().catch((error) => { model.chosen = null; spanButtons(); by("connection").title = error.message; });
addEventListener("hashchange", hashTake);
hashTake();
follow((name, data) => takes[name]?.(data), connectionSay, tokenAsk);
