// SPDX-License-Identifier: Apache-2.0
// What is wrong with an input, beside it. The API's message begins with the member that it is about.
import { make, say } from "./dom.js";

// An input with its label and the place of its error; the input's id is PREFIX-NAME.
export function field(prefix, name, label, input, attributes = {}) {
  const id = `${prefix}-${name}`;
  for (const [key, value] of [["id", id], ["name", name], ["aria-describedby", `${id}-error`]]) input.setAttribute(key, value);
  return make("div", { class: "field", "data-field": name, ...attributes }, make("label", { for: id }, label), input,
    make("p", { class: "error", id: `${id}-error`, role: "alert" }));
}

// names: of the fields that are there (one may be called "length", which a collection of inputs has itself). What is about none of them is said by `rest`.
export function errorShow(form, prefix, names, message, rest) {
  const named = /^[a-z0-9_]+/.exec(message)?.[0];
  const about = names.includes(named) ? named : null;
  for (const name of names) {
    say(form.querySelector(`#${prefix}-${name}-error`), name === about ? message : "");
    form.elements.namedItem(name)?.setAttribute("aria-invalid", String(name === about));
  }
  say(rest, about ? "" : message);
  if (about) form.elements.namedItem(about)?.focus?.();
}
