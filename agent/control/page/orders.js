// SPDX-License-Identifier: Apache-2.0
// Anomalies that the generator makes on order, and those that were ordered.
import { ask } from "./api.js";
import { by, make, say } from "./dom.js";
import { errorShow, field } from "./forms.js";
import { clock, scaled } from "./format.js";

// The kinds with what they are about and how strong they are unless it is said.
const kinds = {
  syn_flood: ["10.0.0.7", "packets/s"],
  udp_flood: ["10.0.0.7", "packets/s"],
  icmp_flood: ["10.0.0.7", "packets/s"],
  amplification: ["10.0.0.7", "packets/s"],
  horizontal_scan: ["198.18.0.7", "100 hosts/s"],
  vertical_scan: ["198.18.0.7", "200 ports/s"],
  new_talkers: ["10.254.0.0/16", "50 hosts/s"],
  spike: ["all traffic", "5 times"],
  drop: ["all traffic", "0.9 of it"],
  silence: ["all traffic", ""],
};
const names = ["kind", "length", "subject", "strength"];

function kindChosen() {
  const [subject, strength] = kinds[by("order-kind").value];
  by("order-subject").placeholder = subject;
  by("order-strength").placeholder = strength;
  by("order-strength").disabled = strength === "";
}

async function ordered(event, changed) {
  event.preventDefault();
  const form = event.target;
  const order = {};
  for (const name of names) {
    const input = by(`order-${name}`);
    if (input.value.trim() !== "" && !input.disabled) order[name] = input.value.trim();
  }
  try {
    await ask("POST", "/generator/anomalies", order);
    errorShow(form, "order", names, "", by("order-error"));
    changed();
  } catch (refused) {
    errorShow(form, "order", names, refused.message, by("order-error"));
  }
}

function phase(one, now) {
  return now < one.begin_us ? "to come" : now < one.end_us ? "under way" : "over";
}

export function ordersDraw(anomalies) {
  const now = Date.now() * 1000;
  const rows = [...anomalies].sort((a, b) => b.begin_us - a.begin_us).slice(0, 10).map((one) => make("tr", {},
    make("th", { scope: "row" }, one.kind.replaceAll("_", " ")), make("td", {}, one.subject ?? ""),
    make("td", {}, one.unit ? scaled(one.strength, one.unit) : String(one.strength ?? "")),
    make("td", {}, `${clock(one.begin_us)}–${clock(one.end_us)}`), make("td", {}, phase(one, now))));
  const text = rows.map((row) => row.textContent).join("|");
  by("orders-table").hidden = rows.length === 0;
  if (by("orders").dataset.text === text) return;
  by("orders").dataset.text = text;
  by("orders").replaceChildren(...rows);
}

// changed(): something was ordered.
export function ordersMake(changed) {
  by("order-fields").append(
    field("order", "kind", "Kind", make("select", { onchange: kindChosen }, ...Object.keys(kinds).map((kind) => make("option", { value: kind }, kind.replaceAll("_", " "))))),
    field("order", "length", "Length", make("input", { value: "20s", autocomplete: "off" })),
    field("order", "subject", "Subject, if you like", make("input", { autocomplete: "off" })),
    field("order", "strength", "Strength, if you like", make("input", { autocomplete: "off" })));
  kindChosen();
  by("order-form").addEventListener("submit", (event) => ordered(event, changed));
  say(by("order-error"), "");
}
