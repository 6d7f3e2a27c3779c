// SPDX-License-Identifier: Apache-2.0
// Whether times are shown and asked for in the browser's zone or in UTC; remembered by the browser.

const key = "weir-zone";
export const zone = { utc: localStorage.getItem(key) === "utc" };

export function zoneSet(utc) {
  zone.utc = utc;
  localStorage.setItem(key, utc ? "utc" : "local");
}

// A Date whose UTC parts are those to be shown.
export function parts(us) {
  const time = new Date(us / 1000);
  return zone.utc ? time : new Date(time.getTime() - time.getTimezoneOffset() * 60000);
}

// "UTC+02:00", as it is now.
export function offset() {
  const minutes = -new Date().getTimezoneOffset();
  const two = (number) => String(Math.floor(Math.abs(number))).padStart(2, "0");
  return `UTC${minutes < 0 ? "−" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}

// What an input of type datetime-local holds, and back; NaN: no time.
export const inputOf = (us) => parts(us).toISOString().slice(0, 19);
export const inputRead = (text) => Date.parse(zone.utc ? `${text}Z` : text) * 1000;
