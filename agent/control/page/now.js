// SPDX-License-Identifier: Apache-2.0
// What holds now: the tiles, the strip of losses, the anomalies.
import { bitRate, packetRate, flowRate, whole, octets, percent, clock, dated, lasting, amount, scaled } from "./format.js";
import { by, make, say } from "./dom.js";
import { model, shown, seconds } from "./model.js";

const tiles = [
  ["bandwidth", "Bandwidth", (one) => (one.bytes * 8) / seconds(one), bitRate],
  ["packets", "Packets", (one) => one.packets / seconds(one), packetRate],
  ["started", "New flows", (one) => one.flows_started / seconds(one), flowRate],
  ["active", "Active flows", (one) => one.flows_active, whole],
  ["sources", "Sources", (one) => one.sources, whole],
  ["destinations", "Destinations", (one) => one.destinations, whole],
  ["mean", "Mean packet", (one) => one.mean_packet_bytes ?? 0, octets],
];

export function tilesMake() {
  for (const [id, label] of tiles) {
    by("tiles").append(make("dl", {}, make("dt", {}, label), make("dd", { id: `now-${id}` }, "–"),
      make("dd", { class: "quiet", id: `span-${id}` })));
  }
}

export function tilesDraw() {
  const windows = shown();
  const last = windows.at(-1);
  for (const [id, , value, unit] of tiles) {
    const values = windows.map(value);
    const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
    say(by(`now-${id}`), last ? unit(value(last)) : "–");
    say(by(`span-${id}`), last ? `mean ${unit(mean)} · most ${unit(Math.max(...values))}` : "");
  }
  say(by("clock"), last ? `${model.chosen ? "span ends " : "pane of "}${dated(last.start_us)}` : "no pane yet");
}

// What was lost, and what was only not understood.
const causes = [
  ["capture_drops", "dropped at capture", "packets"],
  ["late", "too late", "packets"],
  ["hosts_overflow", "hosts beyond the table", "packets"],
  ["activity_shed", "not shown to queries", "packets"],
  ["evicted", "flows evicted", "flows"],
  ["shed", "flows without a record", "flows"],
];

function sumOf(windows, name) {
  return windows.reduce((sum, one) => sum + (one.loss?.[name] ?? 0), 0);
}

const exportDrops = () => Object.values(model.books?.export_drops ?? {}).reduce((sum, one) => sum + one, 0);

// All packets that came, with those that did not get as far as being counted.
export function lossDraw() {
  const windows = shown();
  const packets = sumOf(windows, "capture_drops") + windows.reduce((sum, one) => sum + one.packets, 0);
  const rows = causes.map(([name, label, unit]) => [name, label, unit, sumOf(windows, name)]);
  rows.push(["export_drops", "records not delivered", "records", exportDrops()]);
  const lost = rows.filter(([, , , count]) => count > 0);
  const dropped = sumOf(windows, "capture_drops");
  const rejected = sumOf(windows, "parse_rejects");
  const why = Object.entries(model.books?.parse_rejects ?? {}).map(([name, count]) => `${name} ${whole(count)}`).join(", ");
  by("loss").classList.toggle("lossy", lost.length > 0);
  say(by("loss-sum"), windows.length === 0 ? "nothing seen yet" : lost.length === 0 ? "none" :
    `${dropped > 0 ? `${percent((100 * dropped) / packets)} of packets` : `${lost.length} kind${lost.length > 1 ? "s" : ""}`}`);
  rows.push(["parse_rejects", `not parsed${why ? ` (since the start: ${why})` : ""}`, "packets", rejected]);
  const list = by("loss-causes");
  while (list.children.length < rows.length) list.append(make("li", {}, make("b", {}), " ", make("span", {})));
  rows.forEach(([name, label, unit, count], i) => {
    const item = list.children[i];
    item.classList.toggle("nonzero", count > 0 && name !== "parse_rejects");
    item.id = `loss-${name}`;
    item.title = unit;
    say(item.children[0], whole(count));
    say(item.children[1], label);
  });
}

function anomalyMake(one) {
  const open = one.phase !== "end";
  const value = (number) => scaled(number, one.unit ?? "");
  const parts = (one.contributors ?? []).map((who) => make("li", {}, make("code", {}, who.name), ` ${amount(who.value)}`));
  const facts = [`${open ? "since" : "from"} ${dated(one.start_us)}`, open ? `lasts ${lasting(one.end_us - one.start_us)}` : `to ${clock(one.end_us)}`,
    one.observed != null ? `${value(one.observed)}${one.expected != null ? `, usual ${value(one.expected)}` : ""}` : null];
  return make("li", { class: `anomaly ${one.severity}${open ? "" : " over"}`, "data-anomaly": one.anomaly },
    make("p", { class: "what" }, make("b", { class: "severity" }, one.severity), ` #${one.anomaly} `,
      make("span", { class: "detector" }, one.detector), " ", make("code", {}, one.subject)),
    make("p", {}, one.explanation),
    make("p", { class: "quiet" }, facts.filter(Boolean).join(" · ")),
    parts.length > 0 ? make("ul", { class: "contributors", "aria-label": "who takes part most" }, ...parts) : null);
}

const rank = { critical: 0, warning: 1, notice: 2 };

export function anomaliesDraw() {
  const all = [...model.anomalies.values()];
  const open = all.filter((one) => one.phase !== "end")
    .sort((a, b) => rank[a.severity] - rank[b.severity] || b.start_us - a.start_us);
  const ended = all.filter((one) => one.phase === "end").sort((a, b) => b.end_us - a.end_us).slice(0, 50);
  const nothing = make("li", { class: "quiet" }, "Nothing odd is open.");
  by("anomalies").replaceChildren(...(open.length > 0 ? open.slice(0, 100).map(anomalyMake) : [nothing]));
  by("anomalies-ended").replaceChildren(...ended.map(anomalyMake));
  say(by("anomalies-title"), open.length > 0 ? `Anomalies: ${open.length} open` : "Anomalies");
  say(by("ended-count"), `(${ended.length})`);
  document.title = open.length > 0 ? `(${open.length}) Weir` : "Weir";
}

export function announce(one) {
  say(by("announce"), `${one.severity} anomaly ${one.anomaly}: ${one.explanation}`);
}
