// SPDX-License-Identifier: Apache-2.0
// Four charts with one cursor: bandwidth by protocol, packets, flows, hosts. Anomalies are bands on all.
import uPlot from "uplot";
import { bitRate, packetRate, flowRate, amount, whole, clock, dated } from "./format.js";
import { make, say } from "./dom.js";
import { model, shown, seconds } from "./model.js";

const slotsMost = 7; // protocols that have a colour; what is left is "other"
const slots = []; // protocol names; who stays keeps the colour
const charts = [];
let chosen = () => {}; // (from_us, to_us)

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
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
  const rows = Array.from({ length: slotsMost + 1 }, () => new Float64Array(windows.length));
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
    below = below ? row.map((value, at) => value + below[at]) : row;
    sums.push(below);
  }
  return sums.reverse();
}

function marks(plot, named) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const one of model.anomalies.values()) {
    const from = plot.valToPos(one.start_us / 1e6, "x", true);
    const to = Math.max(from + 2, plot.valToPos(one.end_us / 1e6, "x", true));
    if (to < bbox.left || from > bbox.left + bbox.width) continue;
    const tint = css(`--${one.severity}`);
    ctx.globalAlpha = 0.18;
    ctx.fillStyle = tint;
    ctx.fillRect(from, bbox.top, to - from, bbox.height);
    ctx.globalAlpha = 1;
    ctx.fillRect(from, bbox.top, Math.max(2, devicePixelRatio), bbox.height);
    if (!named) continue;
    ctx.textAlign = "left";
    ctx.font = `${11 * devicePixelRatio}px sans-serif`;
    ctx.textBaseline = "top";
    ctx.fillText(`#${one.anomaly}`, from + 4 * devicePixelRatio, bbox.top + (2 + 12 * (one.anomaly % 4)) * devicePixelRatio);
  }
  ctx.restore();
}

function axes(unit) {
  const line = { stroke: css("--quiet"), grid: { stroke: css("--grid"), width: 1 }, ticks: { show: false }, font: "11px sans-serif" };
  return [
    { ...line, size: 26, space: 90, values: (plot, ticks) => ticks.map((tick) => clock(tick * 1e6)) },
    { ...line, size: unit === bitRate ? 74 : 48, values: (plot, ticks) => ticks.map((tick) => (tick == null ? "" : unit === bitRate ? bitRate(tick) : amount(tick))) },
  ];
}

function choose(plot) {
  if (plot.select.width < 4) return;
  const from = plot.posToVal(plot.select.left, "x") * 1e6;
  const to = plot.posToVal(plot.select.left + plot.select.width, "x") * 1e6;
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  chosen(Math.round(from), Math.round(to));
}

function plotMake(chart) {
  const width = chart.box.clientWidth;
  const options = {
    width: Math.max(200, width),
    height: chart.height(),
    legend: { show: false },
    cursor: { sync: { key: "weir" }, drag: { x: true, y: false, setScale: false }, points: { show: false } },
    scales: { x: { time: true }, y: { range: (plot, low, high) => [0, high > 0 ? high * 1.08 : 1] } },
    axes: axes(chart.unit),
    series: [{}, ...chart.series().map((one) => ({ points: { show: false }, width: 1.5, ...one }))],
    hooks: { draw: [(plot) => marks(plot, chart.large)], setCursor: [(plot) => legendSay(chart, plot.cursor.idx)], setSelect: [choose] },
  };
  chart.plot = new uPlot(options, chart.data ?? [[]], chart.box);
  chart.plot.over.addEventListener("mouseleave", () => legendSay(chart, null));
}

// What the chart shows where the cursor is, or at its end.
function legendSay(chart, at) {
  const windows = chart.windows ?? [];
  const index = at == null || at >= windows.length ? windows.length - 1 : at;
  const values = index < 0 ? [] : chart.values(index);
  say(chart.when, index < 0 ? "" : `${at == null ? "" : dated(windows[index].start_us)}`);
  while (chart.legend.children.length > values.length) chart.legend.lastChild.remove();
  while (chart.legend.children.length < values.length) {
    chart.legend.append(make("li", {}, make("i", {}), make("span", {}), make("b", {})));
  }
  values.forEach(([name, value, tint], i) => {
    const [swatch, label, number] = chart.legend.children[i].children;
    swatch.style.background = tint;
    say(label, name);
    say(number, chart.unit(value));
  });
  const text = values.map(([name, value]) => `${name} ${chart.unit(value)}`).join(", ");
  chart.box.setAttribute("aria-label", `${chart.title}${index < 0 ? ": nothing yet" : ` at ${clock(windows[index].start_us)}: ${text}`}`);
}

function keyed(chart, event) {
  const move = { ArrowLeft: -1, ArrowRight: 1, PageUp: -60, PageDown: 60, Home: -1e9, End: 1e9 }[event.key];
  if (move === undefined || !chart.windows?.length) return;
  event.preventDefault();
  const last = chart.windows.length - 1;
  const at = Math.min(last, Math.max(0, (chart.plot.cursor.idx ?? last) + move));
  chart.plot.setCursor({ left: chart.plot.valToPos(chart.data[0][at], "x"), top: chart.plot.over.clientHeight / 2 });
}

const lines = (...pairs) => () => pairs.map(([, , slot]) => ({ stroke: colour(slot) }));

const kinds = [
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
  plain("Packets a second", packetRate, ["packets", (window) => window.packets / seconds(window), 0]),
  plain("New flows a second", flowRate, ["new flows", (window) => window.flows_started / seconds(window), 2]),
  plain("Active flows", whole, ["active flows", (window) => window.flows_active, 3]),
  plain("Hosts", whole, ["sources", (window) => window.sources, 0], ["destinations", (window) => window.destinations, 1]),
];

function plain(title, unit, ...pairs) {
  return {
    title,
    unit,
    series: lines(...pairs),
    fill: (windows) => pairs.map(([, value]) => windows.map(value)),
    values(at) {
      return pairs.map(([name, value, slot]) => [name, value(this.windows[at]), colour(slot)]);
    },
  };
}

export function chartsMake(parent, whenChosen) {
  chosen = whenChosen;
  for (const kind of kinds) {
    const chart = Object.assign(Object.create(kind), {
      height: () => (kind.large ? Math.max(200, Math.min(320, innerHeight * 0.34)) : 130),
      box: make("div", { class: "plot", role: "img", tabindex: "0" }),
      legend: make("ul", { class: "legend" }),
      when: make("span", { class: "when" }),
      data: [[]],
    });
    chart.box.addEventListener("keydown", (event) => keyed(chart, event));
    parent.append(make("section", { class: kind.large ? "panel large" : "panel", "aria-label": kind.title },
      make("h2", {}, kind.title, " ", chart.when), chart.box, chart.legend));
    charts.push(chart);
    plotMake(chart);
    new ResizeObserver(() => chart.plot.setSize({ width: Math.max(200, chart.box.clientWidth), height: chart.height() })).observe(chart.box);
  }
}

export function chartsDraw() {
  const windows = shown();
  const times = windows.map((window) => window.start_us / 1e6);
  for (const chart of charts) {
    chart.windows = windows;
    chart.data = [times, ...chart.fill(windows)];
    chart.plot.setData(chart.data);
    legendSay(chart, chart.plot.cursor.idx);
  }
}

// Colours are read when a plot is made.
export function chartsAnew() {
  for (const chart of charts) {
    chart.plot.destroy();
    plotMake(chart);
  }
}
