// SPDX-License-Identifier: Apache-2.0
// Takes what happens into the model and draws it, once for all that came since the last time.
import { acknowledgeMake } from "./acknowledge.js";
import { ask, follow, token } from "./api.js";
import { anomaliesDraw, announce } from "./anomalies.js";
import { by, make, say } from "./dom.js";
import { chartsAnew, chartsDraw, chartsMake } from "./charts.js";
import { generatorFind, generatorMake } from "./generator.js";
import { lookbackDraw, lookbackMake, lookbackTake, spanHash } from "./lookback.js";
import { lossDraw } from "./loss.js";
import { addAnomaly, addEarlier, addWindow, forget, model, shown, windowsMost } from "./model.js";
import { pastMake, pastRead } from "./past.js";
import { queriesDraw, queriesMake, queriesRead } from "./queries.js";
import { talkersDraw } from "./talkercards.js";
import { talkersRead } from "./talkers.js";
import { themeMake } from "./theme.js";
import { tilesDraw, tilesMake } from "./tiles.js";

const spans = [[300, "5 min"], [900, "15 min"], [3600, "1 h"]];
const dirty = new Set();
const connection = { live: null, text: "Connecting…" };
let drawn = false;

function draw() {
  const due = new Set(dirty);
  dirty.clear();
  if (due.has("windows") || due.has("anomalies")) chartsDraw();
  if (due.has("windows")) tilesDraw();
  if (due.has("windows") || due.has("books")) lossDraw();
  if (due.has("anomalies")) anomaliesDraw();
  if (due.has("queries") && !model.past) queriesDraw();
  if (due.has("past")) {
    lookbackDraw();
    talkersDraw();
  }
  if (!drawn && shown().length > 0) {
    performance.mark("drawn");
    drawn = true;
  }
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
    generatorFind();
    if (resumed) return;
    forget();
    earlierRead().catch((error) => say(by("ready"), error.message));
    if (model.past?.failed) hashRead(); // there was no connection, or no token yet
  },
  ready: readySay,
  books: (books) => { model.books = books; redraw("books"); },
  window: (record) => {
    say(by("sensor"), record.sensor);
    addWindow(record);
    if (!model.past) redraw("windows");
  },
  answers: ({ answers }) => { for (const one of answers) takes.answer(one); },
  answer: (record) => { model.answers.set(record.query, record); redraw("queries"); },
  anomalies: ({ anomalies }) => { for (const one of anomalies) addAnomaly(one); redraw("anomalies"); },
  anomaly: (record) => {
    if (addAnomaly(record) && record.phase === "begin") announce(record);
    redraw("anomalies");
  },
  query: () => { queriesRead().then(() => redraw("queries"), () => {}); },
};

// "Live" is said of what is shown, too.
function connectionDraw() {
  by("connection").className = `state ${connection.live ? "good" : connection.live === null ? "" : "bad"}`;
  say(by("connection"), connection.live && model.past ? "Connected" : connection.text);
  document.body.classList.toggle("lost", connection.live === false && !model.past);
}

function connectionTake(state, why) {
  connection.live = state === "live";
  connection.text = connection.live ? "Live" : "Reconnecting…";
  by("connection").title = why ?? "";
  connectionDraw();
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
  by("spans").replaceChildren(...spans.map(([seconds, label]) => make("button", { type: "button", onclick: () => { location.hash = `last=${seconds}`; },
    "aria-pressed": String(!model.past && model.span === seconds) }, label)));
}

let reading = new AbortController();

// What is looked back at is read once; what is shown in the end is what was chosen last.
async function pastTake(from, to) {
  const past = pastMake(from, to);
  const { signal } = reading;
  const changed = () => { if (model.past === past) redraw("windows", "anomalies", "past"); };
  model.past = past;
  try {
    await pastRead(past, signal, changed);
    if (model.queries.size === 0) await queriesRead();
    await talkersRead(past, [...model.queries.values()], signal, changed);
    past.read = true;
  } catch (error) {
    if (!signal.aborted) past.failed = `cannot be read: ${error.message}`;
  }
  changed();
}

// What is shown is in the address: who gets the link sees the same.
function hashRead() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const last = Number(wanted.get("last"));
  const [from, to] = [Number(wanted.get("from")), Number(wanted.get("to"))];
  if (last > 0) model.span = Math.min(3600, last);
  reading.abort();
  reading = new AbortController();
  model.past = null;
  if (Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && to > from) pastTake(from, to);
  spanButtons();
  lookbackTake();
  connectionDraw();
  redraw("windows", "anomalies", "queries", "past");
}

async function share() {
  const to = model.past?.to ?? shown().at(-1)?.end_us ?? 0;
  const from = model.past?.from ?? shown()[0]?.start_us ?? 0;
  const link = `${location.href.split("#")[0]}#${spanHash(from, to)}`;
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

const anew = () => { chartsAnew(); redraw("windows", "anomalies", "queries", "past"); };

tilesMake();
chartsMake(by("charts"), (from, to) => { location.hash = spanHash(from, to); });
queriesMake();
lookbackMake(anew);
acknowledgeMake(takes.anomaly);
generatorMake();
themeMake(by("theme"), anew);
by("share").addEventListener("click", share);
addEventListener("hashchange", hashRead);
hashRead();
follow((name, data) => takes[name]?.(data), connectionTake, tokenAsk);
