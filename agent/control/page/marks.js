// SPDX-License-Identifier: Apache-2.0
// Anomalies on a chart: a band from where each begins to where it ends, a line where it begins, its number.
import { model } from "./model.js";
import { css } from "./series.js";

const rank = { notice: 0, warning: 1, critical: 2 };

// Those in sight, in pixels; none is too narrow to be seen.
function bandsOf(plot, left, right) {
  const bands = [];
  for (const one of (model.past ?? model).anomalies.values()) {
    const from = plot.valToPos(one.start_us / 1e6, "x", true);
    const to = Math.max(from + 2, plot.valToPos(one.end_us / 1e6, "x", true));
    if (to >= left && from <= right) bands.push({ from, to, severity: one.severity, number: one.anomaly });
  }
  return bands.sort((a, b) => a.from - b.from);
}

// Where some overlap, one band in the colour of the worst: colours that add up say nothing.
function joined(bands) {
  const all = [];
  for (const one of bands) {
    const last = all.at(-1);
    if (last && one.from < last.to) {
      last.to = Math.max(last.to, one.to);
      if (rank[one.severity] > rank[last.severity]) last.severity = one.severity;
    } else {
      all.push({ ...one });
    }
  }
  return all;
}

// The numbers under one another where they would lie on one another; `size` is that of the letters, in pixels.
function numbersDraw(ctx, bands, top, size) {
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  ctx.font = `${size}px sans-serif`;
  let [row, end] = [0, -1];
  for (const { from, severity, number } of bands) {
    row = from < end ? row + 1 : 0;
    const text = `#${number}`;
    end = Math.max(row > 0 ? end : 0, from + ctx.measureText(text).width + size);
    if (row > 4) continue;
    ctx.fillStyle = css(`--${severity}`);
    ctx.fillText(text, from + size / 3, top + 2 + 1.1 * size * row);
  }
}

// size: of the numbers' letters in CSS pixels; 0: no numbers.
export function marksDraw(plot, size) {
  const { ctx, bbox } = plot;
  const bands = bandsOf(plot, bbox.left, bbox.left + bbox.width);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.globalAlpha = 0.2;
  for (const { from, to, severity } of joined(bands)) {
    ctx.fillStyle = css(`--${severity}`);
    ctx.fillRect(from, bbox.top, to - from, bbox.height);
  }
  ctx.globalAlpha = 1;
  for (const { from, severity } of bands) {
    ctx.fillStyle = css(`--${severity}`);
    ctx.fillRect(from, bbox.top, Math.max(1, devicePixelRatio), bbox.height);
  }
  if (size > 0) numbersDraw(ctx, bands, bbox.top, size * devicePixelRatio);
  ctx.restore();
}
