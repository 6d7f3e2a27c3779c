// SPDX-License-Identifier: Apache-2.0
// What the charts draw of windows: bandwidth by protocol, stacked, and plain lines. A record {gap: true} is a hole.
import { bitRate, flowRate, packetRate, whole } from "./format.js";
import { measures, seconds } from "./measures.js";

const slotsMost = 7; // protocols that have a colour; what is left is "other"
const slots = []; // protocol names; who stays keeps the colour

export const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const colour = (index) => css(`--series-${index}`);

// The heaviest protocols of the span, each in the slot that it had.
function slotsFill(windows) {
  const sums = new Map();
  for (const window of windows) {
    for (const one of window.protocols ?? []) sums.set(one.name, (sums.get(one.name) ?? 0) + one.bytes);
  }
  const top = [...sums].sort((a, b) => b[1] - a[1]).slice(0, slotsMost).map(([name]) => name);
  for (let i = 0; i < slotsMost; i++) if (!top.includes(slots[i])) slots[i] = undefined;
  for (const name of top) if (!slots.includes(name)) slots[slots.indexOf(undefined)] = name;
}

// Each protocol's bit/s in its slot's row; the last row is the others'.
function byProtocol(windows) {
  const rows = Array.from({ length: slotsMost + 1 }, () => windows.map((window) => (window.gap ? null : 0)));
  windows.forEach((window, at) => {
    for (const one of window.protocols ?? []) {
      const slot = slots.indexOf(one.name);
      rows[slot < 0 ? slotsMost : slot][at] += (one.bytes * 8) / seconds(window);
    }
  });
  return rows;
}

// Sums from the bottom up, the highest first: each is painted over the one before.
function stacked(rows) {
  const sums = [];
  let below = null;
  for (const row of rows) {
    const under = below;
    below = under ? row.map((value, at) => (value === null ? null : value + under[at])) : row;
    sums.push(below);
  }
  return sums.reverse();
}

function plain(title, unit, ...pairs) {
  const lines = pairs.map(([id, name, slot]) => ({ of: measures.find((one) => one.id === id).of, name, slot }));
  return {
    title,
    unit,
    series: () => lines.map(({ slot }) => ({ stroke: colour(slot) })),
    fill: (windows) => lines.map(({ of }) => windows.map((window) => (window.gap ? null : of(window)))),
    values(at) {
      return lines.map(({ name, of, slot }) => [name, of(this.windows[at]), colour(slot)]);
    },
  };
}

export const kinds = [
  {
    title: "Bandwidth by protocol",
    unit: bitRate,
    large: true,
    series: () => Array.from({ length: slotsMost + 1 }, (_, i) => ({ fill: colour(slotsMost - i), width: 0 })),
    fill(windows) {
      slotsFill(windows);
      this.rows = byProtocol(windows);
      return stacked(this.rows);
    },
    values(at) {
      const total = this.rows.reduce((sum, row) => sum + row[at], 0);
      const some = slots.map((name, i) => [name, this.rows[i][at], colour(i)]).filter(([name]) => name !== undefined);
      some.sort((a, b) => b[1] - a[1]);
      return [["all", total, "transparent"], ...some, ["other", this.rows[slotsMost][at], colour(slotsMost)]];
    },
  },
  plain("Packets a second", packetRate, ["packets", "packets", 0]),
  plain("New flows a second", flowRate, ["started", "new flows", 2]),
  plain("Active flows", whole, ["active", "active flows", 3]),
  plain("Hosts", whole, ["sources", "sources", 0], ["destinations", "destinations", 1]),
];
