// SPDX-License-Identifier: Apache-2.0
// The anomalies: those that are open or that nobody has acknowledged, and apart from them those that are over in both
// ways; or those of the span that is looked back at.
import { acknowledgementMake } from "./acknowledge.js";
import { amount, clock, dated, lasting, scaled } from "./format.js";
import { by, fill, make, say } from "./dom.js";
import { anomalyKey, model } from "./model.js";
import { zone } from "./zone.js";

const shownMost = 100;
const overMost = 50;
const cards = new Map(); // anomalyKey: {element, record, own, utc} as it was drawn

function anomalyMake(one, own) {
  const open = one.phase !== "end";
  const value = (number) => scaled(number, one.unit ?? "");
  const parts = (one.contributors ?? []).map((who) => make("li", {}, make("code", {}, who.name), ` ${amount(who.value)}`));
  const facts = [`${open ? "since" : "from"} ${dated(one.start_us)}`, open ? `lasts ${lasting(one.end_us - one.start_us)}` : `to ${clock(one.end_us)}`,
    one.observed != null ? `${value(one.observed)}${one.expected != null ? `, usual ${value(one.expected)}` : ""}` : null];
  return make("li", { class: `anomaly ${one.severity}${one.acknowledged ? " seen" : ""}`, "data-anomaly": one.anomaly },
    make("p", { class: "what" }, make("b", { class: "severity" }, one.severity), ` #${one.anomaly} `,
      make("span", { class: "detector" }, one.detector), " ", make("code", {}, one.subject), open ? null : make("span", { class: "quiet" }, " ended")),
    make("p", {}, one.explanation),
    make("p", { class: "quiet" }, facts.filter(Boolean).join(" · ")),
    parts.length > 0 ? make("ul", { class: "contributors", "aria-label": "who takes part most" }, ...parts) : null,
    acknowledgementMake(one, own));
}

// The element of an anomaly, anew only if it says something else; a button in it that has the focus keeps it.
function cardOf(one, key) {
  const own = model.anomalies.get(one.anomaly)?.start_us === one.start_us; // else it is of an earlier run
  const card = cards.get(key);
  if (card && card.record === one && card.own === own && card.utc === zone.utc) return card.element;
  const element = anomalyMake(one, own);
  if (card?.element.contains(document.activeElement)) {
    card.element.replaceWith(element);
    element.querySelector("button")?.focus();
  }
  cards.set(key, { element, record: one, own, utc: zone.utc });
  return element;
}

const rank = { critical: 0, warning: 1, notice: 2 };
const unseen = (a, b) => Boolean(a.acknowledged) - Boolean(b.acknowledged);
const worst = (a, b) => unseen(a, b) || rank[a.severity] - rank[b.severity] || b.start_us - a.start_us;
const latest = (a, b) => unseen(a, b) || b.end_us - a.end_us;
const unseenOf = (some) => some.filter((one) => !one.acknowledged).length;

function listsDraw(first, ended, nothing) {
  const shown = new Set([...first, ...ended].map(anomalyKey));
  for (const key of cards.keys()) if (!shown.has(key)) cards.delete(key);
  const elements = first.map((one) => cardOf(one, anomalyKey(one)));
  fill(by("anomalies"), elements.length > 0 ? elements : [make("li", { class: "quiet" }, nothing)]);
  fill(by("anomalies-ended"), ended.map((one) => cardOf(one, anomalyKey(one))));
}

function liveDraw(all) {
  const open = all.filter((one) => one.phase !== "end").sort(worst);
  const unnoticed = all.filter((one) => one.phase === "end" && !one.acknowledged).sort(latest);
  const over = all.filter((one) => one.phase === "end" && one.acknowledged).sort(latest);
  listsDraw([...open, ...unnoticed].slice(0, shownMost), over.slice(0, overMost), "Nothing odd is open.");
  const counts = [`${open.length} open`, unseenOf(all) > 0 ? `${unseenOf(all)} not acknowledged` : null];
  say(by("anomalies-title"), open.length + unnoticed.length === 0 ? "Anomalies" : `Anomalies: ${counts.filter(Boolean).join(", ")}`);
  say(by("ended-count"), `(${over.length})`);
  by("ended").hidden = over.length === 0;
}

export function anomaliesDraw() {
  const all = [...model.anomalies.values()];
  if (model.past) {
    const those = [...model.past.anomalies.values()].sort(worst);
    listsDraw(those.slice(0, shownMost), [], model.past.done < 1 ? "Reading…" : "Nothing odd was told in this span.");
    say(by("anomalies-title"), `Anomalies of the span: ${those.length}`);
    by("ended").hidden = true;
  } else {
    liveDraw(all);
  }
  const urgent = unseenOf(all.filter((one) => one.phase !== "end"));
  document.title = urgent > 0 ? `(${urgent}) Weir` : "Weir";
}

export function announce(one) {
  say(by("announce"), `${one.severity} anomaly ${one.anomaly}: ${one.explanation}`);
}
