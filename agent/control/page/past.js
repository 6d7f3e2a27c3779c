// SPDX-License-Identifier: Apache-2.0
// Reads a span of the past: its windows, as bins where they are many, and its anomalies. Both are in the history,
// where one is kept; what the agent's memory holds follows behind, since the history is written a moment later.
import { ask } from "./api.js";
import { Bins, binWidth } from "./bins.js";
import { anomalyKey, windowsMost } from "./model.js";

const pointsMost = 1500;
const later = 600e6; // an anomaly that lasts is told of at least so often

// All records of a kind in a span, page by page, the oldest first; take(record) for each, paged(last) after a page.
export async function historyRead(kind, span, more, signal, take, paged = () => {}) {
  let behind = "";
  for (;;) {
    const { records, next } = await ask("GET",
      `/history/${kind}?from_us=${span.from}&to_us=${span.to}&order=oldest&limit=10000${more}${behind}`, undefined, signal);
    records.forEach(take);
    if (!next) return;
    paged(next.last_us);
    behind = `&last_us=${next.last_us}&last_id=${next.last_id}`;
  }
}

async function windowsRead(past, signal, changed) {
  const bins = new Bins(binWidth(past.to - past.from, pointsMost));
  past.windows = bins.records;
  past.bin_us = bins.width;
  const add = (one) => {
    bins.add(one);
    past.last = one;
  };
  try {
    await historyRead("windows", past, "", signal, add, (reached) => {
      past.done = (reached - past.from) / (past.to - past.from);
      changed();
    });
  } catch (refused) {
    if (refused.status !== 404) throw refused;
    past.none = refused.message;
  }
  const from = past.last ? past.last.start_us + 1 : past.from;
  if (from >= past.to) return;
  const { windows } = await ask("GET", `/windows?from_us=${from}&to_us=${past.to}&limit=${windowsMost}`, undefined, signal);
  windows.forEach(add);
}

async function anomaliesRead(past, signal) {
  const add = (one) => {
    if (one.start_us < past.to && one.end_us > past.from) past.anomalies.set(anomalyKey(one), one);
  };
  if (!past.none) await historyRead("anomalies", { from: past.from, to: past.to + later }, "", signal, add);
  const { anomalies } = await ask("GET", "/anomalies?limit=10000", undefined, signal);
  anomalies.forEach(add);
}

export const pastMake = (from, to) => ({
  from, to, // microseconds
  windows: [], // or bins of them
  bin_us: 0,
  last: null, // the last window as it is
  anomalies: new Map(), // by anomalyKey
  talkers: new Map(), // query's name: its answers put together (talkers.js)
  none: "", // why there is no history
  done: 0, // how much of it is read, but for the talkers, 0 to 1
  read: false, // whether all is
  failed: null, // why it cannot be
});

// changed() whenever there is more of it.
export async function pastRead(past, signal, changed) {
  await windowsRead(past, signal, changed);
  await anomaliesRead(past, signal);
  past.done = 1;
  changed();
}
