// SPDX-License-Identifier: Apache-2.0
// The standing queries: a card each with the latest answer, and the form that adds and changes them.
import { ask } from "./api.js";
import { counted, percent, whole, clock } from "./format.js";
import { by, make, say } from "./dom.js";
import { errorShow, field } from "./forms.js";
import { model } from "./model.js";

const rowsMost = 10;
const cards = new Map(); // name: its parts

const usual = [
  { name: "talkers", kind: "top", subject: "address", k: 10, window: "60s", traffic: "all" },
  { name: "conversations", kind: "top", subject: "conversation", k: 10, window: "60s", traffic: "all" },
  { name: "ports", kind: "top", subject: "destination_port", k: 10, window: "60s", traffic: "all" },
];

export async function queriesRead() {
  const { queries } = await ask("GET", "/queries");
  model.queries = new Map(queries.map((query) => [query.name, query]));
  for (const name of [...model.answers.keys()]) if (!model.queries.has(name)) model.answers.delete(name);
}

function condition(query) {
  const asked = { share: `more than ${query.percent} %`, top: `top ${query.k}`,
    deviation: `more than ${query.deviations} σ above ${query.baseline === "zero" ? "zero" : "the mean"}` }[query.kind];
  return `${query.subject.replaceAll("_", " ")} by ${query.by}: ${asked}, last ${query.window}, ${query.traffic} traffic${
    query.filter ? `, ${query.filter}` : ""}`;
}

async function remove(query, button, error) {
  if (button.dataset.sure !== "yes") {
    button.dataset.sure = "yes";
    button.textContent = "Really remove";
    setTimeout(() => { button.dataset.sure = ""; button.textContent = "Remove"; }, 4000);
    return;
  }
  try {
    await ask("DELETE", `/queries/${encodeURIComponent(query.name)}`);
  } catch (refused) {
    say(error, refused.message);
  }
}

function cardMake(name) {
  const error = make("p", { class: "error", role: "alert" });
  const card = {
    what: make("p", { class: "quiet" }),
    state: make("p", { class: "quiet" }),
    rows: make("tbody", {}),
    value: make("th", { scope: "col", class: "number" }),
  };
  const removal = make("button", { type: "button", onclick: () => remove(model.queries.get(name), removal, error) }, "Remove");
  card.box = make("article", { class: "panel card", "data-query": name, "aria-label": `Query ${name}` },
    make("div", { class: "bar" }, make("h3", {}, name),
      make("button", { type: "button", "aria-label": `Change query ${name}`, onclick: () => formOpen(model.queries.get(name)) }, "Change…"), removal),
    card.what, error,
    make("table", {}, make("caption", { class: "hidden" }, `Latest answer of ${name}`), make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Name"), card.value,
      make("th", { scope: "col", class: "number" }, "Share"), make("th", { scope: "col", class: "number" }, "σ"))), card.rows),
    card.state);
  removal.setAttribute("aria-label", `Remove query ${name}`);
  return card;
}

function rowSay(row, one, answer) {
  const [name, value, share, deviations] = row.children;
  say(name, one.name);
  say(value, counted(one.value, answer.by));
  say(share, percent(one.percent));
  say(deviations, (one.deviations ?? 0).toFixed(1));
  row.style.setProperty("--share", `${Math.min(100, one.percent)}%`);
}

function answerDraw(card, answer) {
  if (card.answer === answer) return;
  card.answer = answer;
  const rows = (answer?.rows ?? []).slice(0, rowsMost);
  while (card.rows.children.length > rows.length) card.rows.lastChild.remove();
  while (card.rows.children.length < rows.length) {
    card.rows.append(make("tr", {}, make("th", { scope: "row" }), make("td", { class: "number" }), make("td", { class: "number" }), make("td", { class: "number" })));
  }
  rows.forEach((one, i) => rowSay(card.rows.children[i], one, answer));
  if (!answer) {
    say(card.state, "No answer yet; the first comes when a pane closes.");
    return;
  }
  say(card.value, answer.by);
  const hidden = answer.matching - rows.length;
  say(card.state, `${answer.matching === 0 ? "None meets it. " : hidden > 0 ? `and ${whole(hidden)} more. ` : ""}${whole(answer.subjects)} seen, ${
    counted(answer.total, answer.by)} in all, ${clock(answer.start_us)}–${clock(answer.end_us)}${answer.exact ? "" : ", not exact"}`);
}

export function queriesDraw() {
  for (const [name, card] of cards) {
    if (!model.queries.has(name)) {
      card.box.remove();
      cards.delete(name);
    }
  }
  for (const [name, query] of model.queries) {
    if (!cards.has(name)) {
      cards.set(name, cardMake(name));
      by("queries").append(cards.get(name).box);
    }
    say(cards.get(name).what, condition(query));
    answerDraw(cards.get(name), model.answers.get(name));
  }
  by("add-usual").hidden = usual.every((one) => model.queries.has(one.name));
}

async function usualAdd() {
  say(by("usual-error"), "");
  try {
    for (const one of usual) if (!model.queries.has(one.name)) await ask("POST", "/queries", one);
  } catch (refused) {
    say(by("usual-error"), refused.message);
  }
}

// Which fields a definition has depends on its kind and subject.
const fields = [
  ["name", "Name", { maxlength: 64, required: true, autocomplete: "off" }],
  ["kind", "Kind", { choices: "kind" }],
  ["subject", "Subject", { choices: "subject" }],
  ["by", "Counted by", { choices: "by" }],
  ["window", "Window T", { placeholder: "60s" }],
  ["percent", "H: more than, %", { number: true, min: 0, max: 100 }, (query) => query.kind === "share"],
  ["k", "k: this many", { number: true, min: 1, max: 1000 }, (query) => query.kind === "top"],
  ["deviations", "X: standard deviations", { number: true, min: 0 }, (query) => query.kind === "deviation"],
  ["baseline", "Above", { choices: "baseline" }, (query) => query.kind === "deviation"],
  ["ipv4_bits", "IPv4 prefix length", { number: true, min: 1, max: 32 }, (query) => query.subject.includes("prefix")],
  ["ipv6_bits", "IPv6 prefix length", { number: true, min: 1, max: 128 }, (query) => query.subject.includes("prefix")],
  ["traffic", "Traffic", { choices: "traffic" }],
  ["filter", "Filter", { placeholder: "destination_port = 53 and not source_ip in 10.0.0.0/8", autocomplete: "off", spellcheck: "false" }],
];
const standard = { kind: "top", subject: "address", by: "bytes", window: "60s", percent: 10, k: 10, deviations: 3, baseline: "mean",
  ipv4_bits: 24, ipv6_bits: 48, traffic: "external", filter: "", name: "" };

let described = null; // the API's own words for what a query may be

function fieldMake([name, label, options], query, members) {
  const value = query[name] ?? standard[name];
  const { choices, number, ...attributes } = options;
  const input = choices
    ? make("select", {}, ...members[choices].enum.map((one) => make("option", { value: one, selected: one === value }, one.replaceAll("_", " "))))
    : make("input", { ...attributes, type: number ? "number" : "text", step: number ? "any" : null, value: String(value) });
  return field("query", name, label, input, name === "filter" ? { class: "field wide" } : {});
}

function formRead(form) {
  const read = Object.fromEntries(fields.map(([name]) => [name, form.elements[name].value.trim()]));
  const query = {};
  for (const [name, , options, when] of fields) {
    if (when && !when(read)) continue;
    query[name] = options.number && read[name] !== "" ? Number(read[name]) : read[name];
  }
  return query;
}

function formFit(form) {
  const read = { kind: form.elements.kind.value, subject: form.elements.subject.value };
  for (const [name, , , when] of fields) form.querySelector(`[data-field=${name}]`).hidden = Boolean(when && !when(read));
}

async function formSend(event, dialog, known) {
  event.preventDefault();
  const query = formRead(event.target);
  try {
    if (known) {
      const { name, ...members } = query;
      await ask("PATCH", `/queries/${encodeURIComponent(name)}`, { ...members, filter: members.filter || null });
    } else {
      if (query.filter === "") delete query.filter;
      await ask("POST", "/queries", query);
    }
    dialog.close();
  } catch (refused) {
    errorShow(event.target, "query", fields.map(([name]) => name), refused.message, by("query-error"));
  }
}

async function formOpen(known) {
  say(by("usual-error"), "");
  try {
    described ??= (await ask("GET", "/openapi.json")).components.schemas.Query.properties;
  } catch (error) {
    say(by("usual-error"), error.message);
    return;
  }
  const dialog = by("query-dialog");
  const form = make("form", { novalidate: true, onsubmit: (event) => formSend(event, dialog, known), onchange: (event) => formFit(event.currentTarget) },
    make("h2", { id: "query-dialog-title" }, known ? `Change ${known.name}` : "Add a query"),
    make("p", { class: "error", id: "query-error", role: "alert" }),
    make("div", { class: "fields" }, ...fields.map((one) => fieldMake(one, known ?? standard, described))),
    make("div", { class: "buttons" }, make("button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
      make("button", { type: "submit", class: "primary" }, known ? "Change" : "Add")));
  form.elements.name.readOnly = Boolean(known);
  formFit(form);
  dialog.setAttribute("aria-labelledby", "query-dialog-title");
  dialog.replaceChildren(form);
  dialog.showModal();
}

export function queriesMake() {
  by("add-query").addEventListener("click", () => formOpen(null));
  by("add-usual").addEventListener("click", usualAdd);
}
