// SPDX-License-Identifier: Apache-2.0
// What is wrong with an input, beside it.
import { make, say } from "./dom.js";

// An input with its label and the place of its error; the input's id is PREFIX-NAME.
export function field(prefix, name, label, input, attributes = {}) {
  const id = `${prefix}-${name}`;
  for (const [key, value] of [["id", id], ["name", name], ["aria-describedby", `${id}-error`]]) input.setAttribute(key, value);
  return make("div", { class: "field", "data-field": name, ...attributes }, make("label", { for: id }, label), input,
    make("p", { class: "error", id: `${id}-error`, role: "alert" }));
}

// An input by its name; `form.elements` has a member `length` of its own.
const inputOf = (form, name) => form.elements.namedItem(name);

// Which field the API's message is about: it begins with its name, or ends with what was found there.
function aboutOf(form, names, message) {
  const named = /^[a-z0-9_]+/.exec(message)?.[0];
  const found = /; got (.+)$/.exec(message)?.[1];
  return names.find((name) => name === named) ?? names.find((name) => found !== undefined && inputOf(form, name)?.value.trim() === found);
}

// names: of the fields that are there. What is about none of them is said by `rest`.
export function errorShow(form, prefix, names, message, rest) {
  const about = aboutOf(form, names, message);
  for (const name of names) {
    say(form.querySelector(`#${prefix}-${name}-error`), name === about ? message : "");
    inputOf(form, name)?.setAttribute("aria-invalid", String(name === about));
  }
  say(rest, about ? "" : message);
  if (about) inputOf(form, about)?.focus();
}
