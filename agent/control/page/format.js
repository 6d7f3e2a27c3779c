// SPDX-License-Identifier: Apache-2.0
// Numbers with their units and times, as people read them.
import { parts } from "./zone.js";

const steps = ["", "k", "M", "G", "T"];

const words = /^(?!bit).{3,}/;

export function scaled(value, unit) {
  let step = 0;
  while (Math.abs(value) >= 999.5 && step < steps.length - 1) {
    value /= 1000;
    step++;
  }
  const digits = step === 0 && Number.isInteger(value) ? 0 : Math.abs(value) < 9.995 ? 2 : Math.abs(value) < 99.95 ? 1 : 0;
  const gap = steps[step] !== "" && words.test(unit) ? "\u2009" : ""; // kbit/s, but k packets/s
  return `${value.toFixed(digits)}\u2009${steps[step]}${gap}${unit}`.trim();
}

export const bitRate = (value) => scaled(value, "bit/s");
export const packetRate = (value) => scaled(value, "packets/s");
export const flowRate = (value) => scaled(value, "flows/s");
export const octets = (value) => scaled(value, "B");
export const amount = (value) => scaled(value, "");
export const whole = (value) => Math.round(value).toLocaleString("en").replaceAll(",", "\u202f");
export const percent = (value) => `${value < 10 ? value.toFixed(1) : value.toFixed(0)}\u2009%`;

// The value of a query's row in the unit of what the query counts.
export function counted(value, by) {
  return by === "bytes" ? octets(value) : scaled(value, by);
}

// In the zone that was chosen (zone.js).
export const clock = (us) => parts(us).toISOString().slice(11, 19);
export const dated = (us) => parts(us).toISOString().slice(0, 19).replace("T", " ");

// From and to, the day once where it is one.
export function between(from, to) {
  const [first, last] = [dated(from), dated(to)];
  return `${first} – ${first.slice(0, 10) === last.slice(0, 10) ? last.slice(11) : last}`;
}

export function lasting(us) {
  if (us > 0 && us < 1e6) return `${Math.round(us / 1000)}\u2009ms`;
  const seconds = Math.max(0, Math.round(us / 1e6));
  if (seconds < 120) return `${seconds}\u2009s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}\u2009min${seconds % 60 > 0 ? ` ${seconds % 60}\u2009s` : ""}`;
  const minutes = Math.floor((seconds % 3600) / 60);
  return `${Math.floor(seconds / 3600)}\u2009h${minutes > 0 ? ` ${minutes}\u2009min` : ""}`;
}
