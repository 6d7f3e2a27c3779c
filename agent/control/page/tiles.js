// SPDX-License-Identifier: Apache-2.0
// The last pane of what is shown, in numbers, and what the whole of it was.
import { dated } from "./format.js";
import { by, make, say } from "./dom.js";
import { measures } from "./measures.js";
import { model, shown } from "./model.js";

export function tilesMake() {
  for (const { id, label } of measures) {
    by("tiles").append(make("dl", {}, make("dt", {}, label), make("dd", { id: `now-${id}` }, "–"),
      make("dd", { class: "quiet", id: `span-${id}` })));
  }
}

export function tilesDraw() {
  const windows = shown();
  const last = model.past ? model.past.last : windows.at(-1);
  const panes = windows.reduce((sum, one) => sum + (one.panes ?? 1), 0);
  for (const { id, of, unit } of measures) {
    let [sum, most] = [0, 0];
    for (const one of windows) {
      const value = of(one);
      sum += value * (one.panes ?? 1);
      most = Math.max(most, one.most?.[id] ?? value);
    }
    say(by(`now-${id}`), last ? unit(of(last)) : "–");
    say(by(`span-${id}`), last ? `mean ${unit(sum / panes)} · most ${unit(most)}` : "");
  }
  say(by("clock"), last ? `${model.past ? "last pane of the span: " : "pane of "}${dated(last.start_us)}` : "no pane yet");
}
