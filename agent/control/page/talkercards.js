// SPDX-License-Identifier: Apache-2.0
// The talkers of the span that is looked back at, a card for each query, with what the sum can and cannot say.
import { between, counted, lasting, percent, whole } from "./format.js";
import { by, make, say } from "./dom.js";
import { model } from "./model.js";

const rowsMost = 15;

// How much of the span the sum is of, and what is not in it.
function caption(sum, span) {
  if (!sum.within) return `No answer lies wholly in the span. This is the last one that ends in it, of ${between(sum.from, sum.to)}.`;
  const part = Math.min(100, (100 * sum.covered_us) / (span.to - span.from));
  const parts = [`${whole(sum.answers)} ${sum.answers === 1 ? "answer" : "answers"} of ${lasting(sum.window_us)}, ${between(sum.from, sum.to)}: ${percent(part)} of the span.`,
    sum.untold === 0 ? "Every answer told all names: the sums are whole." : `A name that no answer tells had ${counted(sum.untold, sum.by)} at most.`];
  if (!sum.exact) parts.push("Some answers are not exact.");
  if (sum.others) parts.push("Answers of another definition of this query are left out.");
  return parts.join(" ");
}

function row(one, sum) {
  const share = sum.total > 0 ? (100 * one.value) / sum.total : 0;
  const element = make("tr", {}, make("th", { scope: "row" }, one.name), make("td", { class: "number" }, counted(one.value, sum.by)),
    make("td", { class: "number" }, percent(share)), make("td", { class: "number" }, one.more > 0 ? `+ ${counted(one.more, sum.by)}` : "–"));
  element.style.setProperty("--share", `${Math.min(100, share)}%`);
  return element;
}

function card(name, sum, span) {
  const head = make("th", { scope: "col" }, "Name");
  const number = (text) => make("th", { scope: "col", class: "number" }, text);
  const box = make("article", { class: "panel card", "data-talkers": name, "aria-label": `Talkers by ${name}` }, make("h3", {}, name));
  if (!sum) {
    box.append(make("p", { class: "quiet" }, "No answer of this query ends in the span."));
    return box;
  }
  box.append(make("p", { class: "quiet" }, `${sum.subject.replaceAll("_", " ")} by ${sum.by}, ${counted(sum.total, sum.by)} in all`),
    make("table", {}, make("caption", { class: "hidden" }, `Talkers by ${name} over the span`),
      make("thead", {}, make("tr", {}, head, number(sum.by), number("Share"), number("Up to"))),
      make("tbody", {}, ...sum.rows.slice(0, rowsMost).map((one) => row(one, sum)))));
  if (sum.rows.length > rowsMost) box.append(make("p", { class: "quiet" }, `and ${whole(sum.rows.length - rowsMost)} more`));
  box.append(make("p", { class: "quiet caption" }, caption(sum, span)));
  return box;
}

export function talkersDraw() {
  const { past } = model;
  by("queries-section").hidden = past !== null;
  by("talkers-section").hidden = past === null;
  if (!past) return;
  say(by("talkers-state"), past.none ? `Answers are not kept: ${past.none}.`
    : past.talkers.size > 0 ? "Answers of the standing queries, put together. An answer tells only its heaviest names: a sum is what a name had "
      + "at least, “up to” is how much more it may have had where it was not told."
    : past.read ? "No standing query told its talkers in this span." : "Reading…");
  by("talkers").replaceChildren(...[...past.talkers].map(([name, sum]) => card(name, sum, past)));
}
