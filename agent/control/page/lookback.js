// SPDX-License-Identifier: Apache-2.0
// The strip that chooses a span of the past: the last hours, from and to, older and newer. What it chooses goes into
// the address, and what is shown comes from there.
import { between, lasting } from "./format.js";
import { by, make, say } from "./dom.js";
import { model } from "./model.js";
import { inputOf, inputRead, offset, zone, zoneSet } from "./zone.js";

const lasts = [[300, "5 min"], [900, "15 min"], [3600, "hour"], [21600, "6 h"], [86400, "24 h"]];

export const spanHash = (from, to) => `from=${Math.round(from)}&to=${Math.round(to)}`;
const go = (from, to) => { location.hash = spanHash(from, to); };

// The end of what was seen last; in a replay that is the capture's time.
const now = () => model.windows.at(-1)?.end_us ?? Date.now() * 1000;

function fieldsFill() {
  const to = model.past?.to ?? now();
  by("past-from").value = inputOf(model.past?.from ?? to - model.span * 1e6);
  by("past-to").value = inputOf(to);
}

function submitted(event) {
  event.preventDefault();
  const [from, to] = [inputRead(by("past-from").value), inputRead(by("past-to").value)];
  const wrong = Number.isNaN(from) ? ["past-from", "From: expected a date and a time"] : Number.isNaN(to) ? ["past-to", "To: expected a date and a time"]
    : to <= from ? ["past-to", "To: expected later than From"] : null;
  for (const id of ["past-from", "past-to"]) by(id).setAttribute("aria-invalid", String(wrong?.[0] === id));
  say(by("past-error"), wrong?.[1] ?? "");
  if (wrong) by(wrong[0]).focus();
  else go(from, to);
}

function stateText(past) {
  if (past.done < 1) return `reading, ${Math.round(100 * past.done)}\u2009%`;
  if (past.windows.length === 0) return past.none ? `${past.none}, and the memory holds nothing of this span` : "nothing was recorded in this span";
  const means = past.windows.some((one) => one.panes > 1) ? `each point is the mean of ${lasting(past.bin_us)}` : "each point is a pane";
  return past.none ? `${past.none}; this is what the memory holds; ${means}` : `from the history; ${means}`;
}

export function lookbackDraw() {
  const { past } = model;
  document.body.classList.toggle("looking-back", past !== null);
  by("look-back").setAttribute("aria-pressed", String(past !== null));
  if (past) by("past").hidden = false;
  by("past-live").hidden = past === null;
  by("past-older").disabled = by("past-newer").disabled = past === null;
  say(by("past-span"), past ? `${between(past.from, past.to)}, ${lasting(past.to - past.from)}` : "");
  say(by("past-state"), past ? (past.failed ?? stateText(past)) : "Live. Choose a span here, or drag over a chart.");
}

// What the address says has changed.
export function lookbackTake() {
  fieldsFill();
  say(by("past-error"), "");
  lookbackDraw();
}

function zoneChosen(changed) {
  zoneSet(by("zone").value === "utc");
  fieldsFill();
  changed();
}

export function lookbackMake(changed) {
  by("past-lasts").append(...lasts.map(([seconds, label]) => make("button", { type: "button", "data-last": seconds,
    onclick: () => go(now() - seconds * 1e6, now()) }, label)));
  by("zone").append(make("option", { value: "local" }, `Local (${offset()})`), make("option", { value: "utc" }, "UTC"));
  by("zone").value = zone.utc ? "utc" : "local";
  by("zone").addEventListener("change", () => zoneChosen(changed));
  by("past-form").addEventListener("submit", submitted);
  by("past-older").addEventListener("click", () => { const { from, to } = model.past; go(from - (to - from), from); });
  by("past-newer").addEventListener("click", () => { const { from, to } = model.past; go(to, to + (to - from)); });
  by("past-live").addEventListener("click", () => { location.hash = `last=${model.span}`; });
  by("look-back").addEventListener("click", () => {
    by("past").hidden = model.past === null && !by("past").hidden;
    by("look-back").setAttribute("aria-expanded", String(!by("past").hidden));
    if (!by("past").hidden) {
      fieldsFill();
      by("past-lasts").firstElementChild.focus();
    }
  });
}
