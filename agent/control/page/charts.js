// SPDX-License-Identifier: Apache-2.0
// The charts, with one cursor for all. Anomalies are bands on each. No chart has more points than pixels.
import uPlot from "uplot";
import { amount, bitRate, clock, dated, lasting } from "./format.js";
import { Following, fewer, withGaps } from "./bins.js";
import { make, say } from "./dom.js";
import { marksDraw } from "./marks.js";
import { model, shown } from "./model.js";
import { css, kinds } from "./series.js";
import { zone } from "./zone.js";

const charts = [];
const following = new Following();
const usual = 14; // pixels of the root's letters; on a wall they are larger, and so are the charts
const scaled = (pixels) => (pixels * parseFloat(getComputedStyle(document.documentElement).fontSize)) / usual;
let chosen = () => {}; // (from_us, to_us)

// Pixels from tick to tick: whole minutes need less.
const tickSpace = (plot, axis, low, high, pixels) => scaled((44 * (high - low)) / pixels > 30 ? 44 : 64);

// As exact as the distance of two ticks asks for.
function tickText(ticks, step) {
  return ticks.map((tick) => (step >= 86400 ? dated(tick * 1e6).slice(5, 10) : step >= 60 ? clock(tick * 1e6).slice(0, 5) : clock(tick * 1e6)));
}

function axes(unit) {
  const line = { stroke: css("--quiet"), grid: { stroke: css("--grid"), width: 1 }, ticks: { show: false }, font: `${scaled(11)}px sans-serif` };
  return [
    { ...line, size: scaled(26), space: tickSpace, values: (plot, ticks, axis, space, step) => tickText(ticks, step) },
    { ...line, size: scaled(unit === bitRate ? 74 : 48), space: scaled(30), values: (plot, ticks) => ticks.map((tick) => (tick == null ? "" : unit === bitRate ? bitRate(tick) : amount(tick))) },
  ];
}

function choose(plot) {
  if (plot.select.width < 4) return;
  const from = plot.posToVal(plot.select.left, "x") * 1e6;
  const to = plot.posToVal(plot.select.left + plot.select.width, "x") * 1e6;
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  chosen(Math.round(from), Math.round(to));
}

// All of a span of the past, be there something or not.
function extent(plot, low, high) {
  return model.past ? [model.past.from / 1e6, model.past.to / 1e6] : low == null ? [null, null] : [low, Math.max(high, low + 1)];
}

function plotMake(chart) {
  const options = {
    width: Math.max(200, chart.box.clientWidth),
    height: chart.height(),
    legend: { show: false },
    cursor: { sync: { key: "weir" }, drag: { x: true, y: false, setScale: false }, points: { show: false } },
    scales: { x: { time: true, range: extent }, y: { range: (plot, low, high) => [0, high > 0 ? high * 1.08 : 1] } },
    tzDate: (seconds) => (zone.utc ? uPlot.tzDate(new Date(seconds * 1e3), "Etc/UTC") : new Date(seconds * 1e3)),
    axes: axes(chart.unit),
    series: [{}, ...chart.series().map((one) => ({ points: { show: false }, width: 1.5, ...one }))],
    hooks: { draw: [(plot) => marksDraw(plot, chart.large ? scaled(11) : 0)], setCursor: [(plot) => legendSay(chart, plot.cursor.idx)], setSelect: [choose] },
  };
  chart.plot = new uPlot(options, chart.data ?? [[]], chart.box);
  chart.plot.over.addEventListener("mouseleave", () => legendSay(chart, null));
}

function whenText(window, pointed) {
  const mean = window.panes > 1 ? `mean of ${lasting(window.end_us - window.start_us)}` : "";
  return [pointed ? dated(window.start_us) : "", mean].filter(Boolean).join(", ");
}

// What the chart shows where the cursor is, or at its end.
function legendSay(chart, at) {
  const windows = chart.windows ?? [];
  const pointed = at != null && at < windows.length;
  const window = windows[pointed ? at : windows.length - 1];
  const values = !window || window.gap ? [] : chart.values(windows.indexOf(window));
  say(chart.when, !window ? "" : window.gap ? "nothing was recorded" : whenText(window, pointed));
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
  const text = values.map(([name, value]) => `${name} ${chart.unit(value)}`).join(", ") || "nothing was recorded";
  chart.box.setAttribute("aria-label", `${chart.title}${!window ? ": nothing yet" : ` at ${clock(window.start_us)}: ${text}`}`);
}

function keyed(chart, event) {
  const move = { ArrowLeft: -1, ArrowRight: 1, PageUp: -60, PageDown: 60, Home: -1e9, End: 1e9 }[event.key];
  if (move === undefined || !chart.windows?.length) return;
  event.preventDefault();
  const last = chart.windows.length - 1;
  const at = Math.min(last, Math.max(0, (chart.plot.cursor.idx ?? last) + move));
  chart.plot.setCursor({ left: chart.plot.valToPos(chart.data[0][at], "x"), top: chart.plot.over.clientHeight / 2 });
}

export function chartsMake(parent, whenChosen) {
  chosen = whenChosen;
  for (const kind of kinds) {
    const chart = Object.assign(Object.create(kind), {
      height: () => (kind.large ? Math.max(200, Math.min(scaled(320), innerHeight * 0.34)) : scaled(130)),
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
  matchMedia("(min-width: 2200px)").addEventListener("change", chartsAnew); // letters have another size then (page.css)
}

export function chartsDraw() {
  const most = Math.max(300, charts[0].plot.width);
  const windows = withGaps(model.past ? fewer(shown(), most) : following.of(shown(), most));
  const times = windows.map((window) => window.start_us / 1e6);
  for (const chart of charts) {
    chart.windows = windows;
    chart.data = [times, ...chart.fill(windows)];
    chart.plot.setData(chart.data);
    legendSay(chart, chart.plot.cursor.idx);
  }
}

// Colours, the zone and the size of letters are read when a plot is made.
export function chartsAnew() {
  for (const chart of charts) {
    chart.plot.destroy();
    plotMake(chart);
  }
}
