// SPDX-License-Identifier: Apache-2.0
// Acknowledging an anomaly: the dialog that asks for a note, and what an anomaly shows of it.
import { ask } from "./api.js";
import { dated } from "./format.js";
import { by, make, say } from "./dom.js";

let took = () => {}; // (record), as the API answers

async function tell(one, body) {
  took(await ask("PATCH", `/anomalies/${one.anomaly}`, body));
}

function dialogOpen(one) {
  say(by("acknowledge-title"), `Acknowledge anomaly #${one.anomaly}`);
  say(by("acknowledge-what"), one.explanation);
  say(by("acknowledge-error"), "");
  by("acknowledge-note").value = "";
  by("acknowledge-form").onsubmit = async (event) => {
    event.preventDefault();
    const note = by("acknowledge-note").value.trim();
    try {
      await tell(one, { acknowledged: true, ...(note ? { note } : {}) });
      by("acknowledge-dialog").close();
    } catch (refused) {
      say(by("acknowledge-error"), refused.message);
      by("acknowledge-note").focus();
    }
  };
  by("acknowledge-dialog").showModal();
}

// The line of an anomaly that this run of weir knows: acknowledged by whom and when, or the button to do so.
export function acknowledgementMake(one, own) {
  const error = make("p", { class: "error", role: "alert" });
  const undo = async () => {
    try {
      await tell(one, { acknowledged: false });
    } catch (refused) {
      say(error, refused.message);
    }
  };
  const done = one.acknowledged;
  const button = !own ? null : done ? make("button", { type: "button", "aria-label": `Undo the acknowledgement of anomaly ${one.anomaly}`, onclick: undo }, "Undo")
    : make("button", { type: "button", "aria-label": `Acknowledge anomaly ${one.anomaly}`, onclick: () => dialogOpen(one) }, "Acknowledge…");
  const text = done ? make("span", {}, `✓ acknowledged by ${done.by}, ${dated(done.at_us)}${done.note ? ": " : ""}`, done.note ? make("q", {}, done.note) : null) : null;
  return done || own ? make("div", { class: "acknowledgement" }, text, button, error) : null;
}

export function acknowledgeMake(whenTold) {
  took = whenTold;
  by("acknowledge-cancel").addEventListener("click", () => by("acknowledge-dialog").close());
}
