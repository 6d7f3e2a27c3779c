// SPDX-License-Identifier: Apache-2.0
// What the page knows. Everything in it is bounded: an hour of panes, the last anomalies, one answer of
// each query.

export const windowsMost = 3600;
const endedMost = 200;

export const model = {
  windows: [], // in the order of time
  past: null, // the span that is looked back at (past.js); null: live
  anomalies: new Map(), // number: record
  queries: new Map(), // name: definition
  answers: new Map(), // name: record
  books: null,
  ready: null,
  span: 900, // seconds that are shown live
};

export function forget() {
  model.windows = [];
  model.anomalies.clear();
  model.queries.clear();
  model.answers.clear();
}

// A clock that was set back ends what it overlaps.
export function addWindow(record) {
  const { windows } = model;
  while (windows.length > 0 && windows[windows.length - 1].start_us >= record.start_us) windows.pop();
  windows.push(record);
  if (windows.length > windowsMost) windows.splice(0, windows.length - windowsMost);
}

// The windows of before, and behind them those that came while they were asked for.
export function addEarlier(records) {
  const later = model.windows;
  model.windows = [];
  for (const record of records) addWindow(record);
  const last = model.windows.at(-1)?.start_us ?? -1;
  for (const record of later) if (record.start_us > last) addWindow(record);
}

// An anomaly's number is its run's; when it began tells it from that of another run.
export const anomalyKey = (one) => `${one.anomaly}@${one.start_us}`;

// Whether it was not known before.
export function addAnomaly(record) {
  const known = model.anomalies.get(record.anomaly);
  if (known?.phase === "end" && record.phase !== "end") return false;
  if (model.past?.anomalies.has(anomalyKey(record))) model.past.anomalies.set(anomalyKey(record), record);
  model.anomalies.set(record.anomaly, record);
  const ended = [...model.anomalies.values()].filter((one) => one.phase === "end");
  for (const one of ended.slice(0, Math.max(0, ended.length - endedMost))) model.anomalies.delete(one.anomaly);
  return !known;
}

// The windows of the span that is shown; of the past they may be bins of windows.
export function shown() {
  if (model.past) return model.past.windows;
  const { windows } = model;
  if (windows.length === 0) return windows;
  const from = windows.at(-1).end_us - model.span * 1e6;
  let first = windows.length;
  while (first > 0 && windows[first - 1].start_us >= from) first--;
  return windows.slice(first);
}
