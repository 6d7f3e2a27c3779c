// SPDX-License-Identifier: Apache-2.0
// The generator of traffic, where this weir drives one: what it makes, start and stop, and changes of it. It is asked
// once a second, but only while its panel is in sight.
import { ask } from "./api.js";
import { by, make, say } from "./dom.js";
import { errorShow, field } from "./forms.js";
import { lasting, octets, packetRate, whole } from "./format.js";
import { ordersDraw, ordersMake } from "./orders.js";

const path = "/generator";
const every = 1000;
const late = 100000; // microseconds from which on packets are called late
const numbers = [
  ["packets_per_second", "Packets a second", { placeholder: "50k" }],
  ["flows_per_second", "New flows a second, 0: any", { placeholder: "0" }],
  ["addresses", "Addresses", {}],
  ["ipv6_share", "Share of IPv6, 0 to 1", { inputmode: "decimal" }],
  ["rhythm", "Daily swing, 0 to 1", { inputmode: "decimal" }],
];
const protocols = ["https", "quic", "http", "dns", "rtp", "ssh", "smtp", "gtpu", "ldap", "snmp", "icmp", "ftp", "soap", "sip", "ntp", "ssdp", "dhcp"];

let state = null; // as the API last said
let timer = null;
let inSight = false;

const memberInputs = () => numbers.map(([name]) => by(`generator-${name}`));
const shareInputs = () => [...by("generator-shares").querySelectorAll("input")];

function fieldsMake() {
  by("generator-numbers").append(...numbers.map(([name, label, attributes]) =>
    field("generator", name, label, make("input", { type: "text", autocomplete: "off", ...attributes }))));
}

function sharesMake(names) {
  const known = new Set(shareInputs().map((input) => input.name));
  for (const name of names.filter((one) => !known.has(one))) {
    by("generator-shares").append(make("div", { class: "field" }, make("label", { for: `generator-share-${name}` }, name),
      make("input", { id: `generator-share-${name}`, name, type: "number", min: 0, step: "any", "aria-describedby": "generator-protocols-error" })));
  }
}

// What a person has typed and not yet sent stays.
function fieldsFill() {
  for (const input of memberInputs()) if (!input.dataset.typed) input.value = String(state[input.name] ?? "");
  sharesMake([...new Set([...protocols, ...Object.keys(state.protocols ?? {})])]);
  for (const input of shareInputs()) if (!input.dataset.typed) input.value = String(state.protocols?.[input.name] ?? 0);
}

const typed = () => [...memberInputs(), ...shareInputs()].filter((input) => input.dataset.typed);

function typedTake(event) {
  event.target.dataset.typed = "yes";
  by("generator-apply").disabled = by("generator-undo").disabled = false;
}

function typedForget() {
  for (const input of typed()) delete input.dataset.typed;
  by("generator-apply").disabled = by("generator-undo").disabled = true;
}

function stateDraw() {
  const running = state.state === "running";
  by("generator-state").className = `state ${running ? "good" : ""}`;
  say(by("generator-state"), running ? "Running" : "Stopped");
  say(by("generator-toggle"), running ? "Stop" : "Start");
  say(by("generator-output"), `to ${state.output}`);
  const slow = running && state.late_us > late;
  const facts = [`now ${packetRate(state.measured_packets_per_second)} of ${packetRate(state.packets_per_second)}`,
    `${whole(state.packets)} packets, ${octets(state.octets)}, ${whole(state.flows)} flows so far`,
    slow ? `late by ${lasting(state.late_us)}: this machine cannot keep up` : null];
  by("generator-facts").classList.toggle("error", slow);
  say(by("generator-facts"), facts.filter(Boolean).join(" · "));
}

function take(answer) {
  state = answer;
  stateDraw();
  fieldsFill();
  ordersDraw(state.anomalies ?? []);
}

async function poll() {
  try {
    take(await ask("GET", path));
    by("generator-section").hidden = false;
    say(by("generator-error"), "");
  } catch (refused) {
    if (refused.status === 404) {
      by("generator-section").hidden = true;
      return;
    }
    by("generator-section").hidden = false;
    by("generator-state").className = "state bad";
    say(by("generator-state"), "Cannot be reached");
    say(by("generator-error"), refused.message);
  }
  pollLater();
}

function pollLater() {
  clearTimeout(timer);
  timer = inSight && !document.hidden ? setTimeout(poll, every) : null;
}

async function change(body, rest) {
  const names = [...numbers.map(([name]) => name), "protocols"];
  try {
    take(await ask("PATCH", path, body));
    errorShow(by("generator-form"), "generator", names, "", rest);
    return true;
  } catch (refused) {
    errorShow(by("generator-form"), "generator", names, refused.message, rest);
    return false;
  }
}

// Numbers as numbers, and what has a unit (50k) as it was written.
const valueOf = (text) => (text !== "" && Number.isFinite(Number(text)) ? Number(text) : text);

async function submitted(event) {
  event.preventDefault();
  const body = {};
  for (const input of memberInputs()) if (input.dataset.typed) body[input.name] = valueOf(input.value.trim());
  if (shareInputs().some((input) => input.dataset.typed)) {
    body.protocols = Object.fromEntries(shareInputs().map((input) => [input.name, Number(input.value)]).filter(([, share]) => share !== 0));
  }
  if (Object.keys(body).length > 0 && await change(body, by("generator-form-error"))) {
    typedForget();
    fieldsFill();
  }
}

// Asks whether there is one; again whenever the connection was made anew.
export const generatorFind = poll;

export function generatorMake() {
  fieldsMake();
  ordersMake(poll);
  by("generator-form").addEventListener("submit", submitted);
  for (const kind of ["input", "change"]) by("generator-form").addEventListener(kind, typedTake);
  by("generator-undo").addEventListener("click", () => {
    typedForget();
    if (state) fieldsFill();
  });
  by("generator-toggle").addEventListener("click", () => change({ state: state?.state === "running" ? "stopped" : "running" }, by("generator-error")));
  new IntersectionObserver((entries) => {
    inSight = entries.at(-1).isIntersecting;
    pollLater();
  }).observe(by("generator-section"));
  document.addEventListener("visibilitychange", pollLater);
}
