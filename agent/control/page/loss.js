// SPDX-License-Identifier: Apache-2.0
// The strip of losses over what is shown, always in sight.
import { percent, whole } from "./format.js";
import { by, make, say } from "./dom.js";
import { losses } from "./measures.js";
import { model, shown } from "./model.js";

const sumOf = (windows, name) => windows.reduce((sum, one) => sum + (one.loss?.[name] ?? 0), 0);
const sumAll = (counts) => Object.values(counts ?? {}).reduce((sum, one) => sum + one, 0);

function rowsOf(windows) {
  const rows = losses.map(({ name, label, unit }) => ({ name, label, unit, count: sumOf(windows, name), lost: name !== "parse_rejects" }));
  if (model.past) return rows;
  const why = Object.entries(model.books?.parse_rejects ?? {}).map(([name, count]) => `${name} ${whole(count)}`).join(", ");
  if (why) rows.at(-1).label += ` (since the start: ${why})`;
  const drops = { name: "export_drops", label: "records not delivered since the start", unit: "records", count: sumAll(model.books?.export_drops), lost: true };
  return [...rows.slice(0, -1), drops, rows.at(-1)];
}

// Of all packets that came, with those that did not get as far as being counted.
function summary(windows, rows) {
  const lossy = rows.some((row) => row.lost && row.count > 0);
  const dropped = sumOf(windows, "capture_drops");
  if (windows.length === 0) return model.past && model.past.done < 1 ? "reading…" : "nothing seen";
  if (!lossy) return "none";
  if (dropped === 0) return "yes";
  return `${percent((100 * dropped) / (dropped + windows.reduce((sum, one) => sum + one.packets, 0)))} of packets`;
}

export function lossDraw() {
  const windows = shown();
  const rows = rowsOf(windows);
  const list = by("loss-causes");
  by("loss").classList.toggle("lossy", rows.some((row) => row.lost && row.count > 0));
  say(by("loss-title"), model.past ? "Loss in the span" : "Loss");
  say(by("loss-sum"), summary(windows, rows));
  while (list.children.length > rows.length) list.lastChild.remove();
  while (list.children.length < rows.length) list.append(make("li", {}, make("b", {}), " ", make("span", {})));
  rows.forEach(({ name, label, unit, count, lost }, i) => {
    const item = list.children[i];
    item.classList.toggle("nonzero", count > 0 && lost);
    item.classList.toggle("zero", count === 0);
    item.id = `loss-${name}`;
    item.title = unit;
    say(item.children[0], whole(count));
    say(item.children[1], label);
  });
}
