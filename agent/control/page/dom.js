// SPDX-License-Identifier: Apache-2.0
// Elements are made here, and text comes in as text: nothing that a record says is ever markup.

export const by = (id) => document.getElementById(id);

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

// Only what differs is written, so that a screen reader is not told again what it knows.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// These and no others, in this order. What is there already stays, and keeps the focus.
export function fill(parent, elements) {
  const focused = document.activeElement;
  elements.forEach((one, i) => { if (parent.children[i] !== one) parent.insertBefore(one, parent.children[i] ?? null); });
  while (parent.children.length > elements.length) parent.lastChild.remove();
  if (focused !== document.activeElement && parent.contains(focused)) focused.focus();
}
