// SPDX-License-Identifier: Apache-2.0
// Windows put together, so that an hour or a day has no more points than a chart has pixels. What is counted is
// summed; what is a level (active flows, hosts) is the mean of the panes; the highest pane of each is kept beside.
import { losses, measures, seconds } from "./measures.js";

const widths = [0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200, 21600, 43200].map((s) => s * 1e6);
const day = 86400e6;
const counts = ["packets", "bytes", "flows_started"];
const levels = ["flows_active", "sources", "destinations"];

// The least width, one that people know, that makes at most so many bins of a span.
export function binWidth(us, most) {
  const least = us / Math.max(1, most - 1); // a span begins and ends within a bin
  return widths.find((width) => width >= least) ?? Math.ceil(least / day) * day;
}

// Takes windows, or bins, in the order of time.
export class Bins {
  constructor(width) {
    this.width = width;
    this.records = [];
    this.at = null;
  }

  add(one) {
    const at = Math.floor(one.start_us / this.width);
    if (at !== this.at) {
      this.at = at;
      this.protocols = new Map();
      this.records.push({ start_us: one.start_us, end_us: one.end_us, covered_us: 0, panes: 0, packets: 0, bytes: 0, flows_started: 0,
        flows_active: 0, sources: 0, destinations: 0, protocols: [], loss: {}, most: {} });
    }
    this.fold(this.records.at(-1), one);
  }

  fold(bin, one) {
    const panes = one.panes ?? 1;
    bin.end_us = Math.max(bin.end_us, one.end_us);
    bin.covered_us += seconds(one) * 1e6;
    bin.panes += panes;
    for (const name of counts) bin[name] += one[name];
    for (const name of levels) bin[name] += ((one[name] - bin[name]) * panes) / bin.panes;
    for (const { id, of } of measures) bin.most[id] = Math.max(bin.most[id] ?? 0, one.most?.[id] ?? of(one));
    for (const { name } of losses) bin.loss[name] = (bin.loss[name] ?? 0) + (one.loss?.[name] ?? 0);
    for (const protocol of one.protocols ?? []) {
      let sum = this.protocols.get(protocol.name);
      if (!sum) {
        sum = { name: protocol.name, packets: 0, bytes: 0 };
        this.protocols.set(protocol.name, sum);
        bin.protocols.push(sum);
      }
      sum.packets += protocol.packets;
      sum.bytes += protocol.bytes;
    }
  }
}

// At most so many records that say the same.
export function fewer(windows, most) {
  if (windows.length <= most) return windows;
  const bins = new Bins(binWidth(windows.at(-1).end_us - windows[0].start_us, most));
  for (const one of windows) bins.add(one);
  return bins.records;
}

// The same of windows that go on and on: only those that are new are taken. The first bin may have more than is asked for.
export class Following {
  of(windows, most) {
    if (windows.length <= most) return windows;
    const [first, width] = [windows[0].start_us, binWidth(windows.at(-1).end_us - windows[0].start_us, most)];
    let known = windows.length - 1;
    while (known >= 0 && windows[known] !== this.last && windows[known].start_us >= this.last?.start_us) known--;
    if (width !== this.bins?.width || windows[known] !== this.last || first < this.from) {
      this.bins = new Bins(width);
      known = -1;
    }
    for (const one of windows.slice(known + 1)) this.bins.add(one);
    this.last = windows.at(-1);
    this.from = first;
    const { records } = this.bins;
    while (records[0].end_us <= first) records.shift();
    return records;
  }
}

// With a record {gap: true} wherever nothing was recorded for longer than one of them lasts.
export function withGaps(records) {
  const all = [];
  for (const one of records) {
    const last = all.at(-1);
    const lasts = last && Math.max(last.end_us - last.start_us, one.end_us - one.start_us);
    if (last && one.start_us - last.end_us >= lasts) all.push({ gap: true, start_us: last.end_us, end_us: one.start_us });
    all.push(one);
  }
  return all;
}
