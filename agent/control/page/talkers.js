// SPDX-License-Identifier: Apache-2.0
// The talkers of a span: the answers that standing queries gave in it, put together. An answer tells only the
// heaviest, so a sum is what a name had at least; how much more it may have had is worked out beside it.
import { ask } from "./api.js";
import { historyRead } from "./past.js";

const answersMost = 2000; // of a query; of a longer span, some
const looked = 500; // the last answers of a span, where queries that are no more are looked for

const definition = (one) => [one.kind, one.subject, one.by, one.traffic, one.filter, one.ipv4_bits, one.ipv6_bits].join("|");

// What a name that an answer does not tell had in it at most.
function untold(answer) {
  if (answer.subjects <= answer.rows.length) return 0;
  if (answer.kind === "share") return (answer.percent * answer.total) / 100;
  return answer.rows.length > 0 ? Math.min(...answer.rows.map((row) => row.value)) : answer.total;
}

// Those of the last definition that lie in the span and do not overlap; where there are none, the last one.
function chosen(answers, from, to) {
  const last = answers.at(-1);
  const used = [];
  let end = from;
  for (const one of answers) {
    if (definition(one) !== definition(last) || one.start_us < end || one.end_us > to) continue;
    used.push(one);
    end = one.end_us;
  }
  return used.length > 0 ? used : [last];
}

// The answers, the oldest first and at least one, put together.
export function summed(answers, from, to) {
  const used = chosen(answers, from, to);
  const names = new Map();
  const sum = { answers: used.length, from: used[0].start_us, to: used.at(-1).end_us, covered_us: 0, total: 0, exact: true,
    by: used[0].by, subject: used[0].subject, kind: used[0].kind, window_us: used.at(-1).window_us,
    others: answers.some((one) => definition(one) !== definition(used[0])), untold: 0 };
  for (const one of used) {
    const least = untold(one);
    sum.covered_us += one.end_us - one.start_us;
    sum.total += one.total;
    sum.exact &&= one.exact;
    sum.untold += least;
    for (const { name, value } of one.rows) {
      const row = names.get(name) ?? { name, value: 0, told: 0, answers: 0 };
      row.value += value;
      row.told += least;
      row.answers++;
      names.set(name, row);
    }
  }
  sum.rows = [...names.values()].sort((a, b) => b.value - a.value);
  for (const row of sum.rows) row.more = sum.untold - row.told;
  sum.within = sum.from >= from && sum.to <= to;
  return sum;
}

// The queries that can be put together, those that stand and those that the span's end tells of.
async function queriesOf(past, standing, signal) {
  const queries = new Map(standing.map((one) => [one.name, { kind: one.kind }]));
  const { records } = await ask("GET", `/history/answers?from_us=${past.from}&to_us=${past.to + 1}&limit=${looked}`, undefined, signal);
  for (const one of records.reverse()) queries.set(one.query, { kind: one.kind, window_us: one.window_us });
  return [...queries].filter(([, { kind }]) => kind !== "deviation");
}

async function answersRead(past, name, window_us, signal) {
  const answers = [];
  const every = window_us * Math.max(1, Math.ceil((past.to - past.from) / window_us / answersMost));
  await historyRead("answers", { from: past.from, to: past.to + 1 }, `&name=${encodeURIComponent(name)}&every_us=${every}`, signal,
    (one) => answers.push(one));
  return answers;
}

async function windowOf(past, name, signal) {
  const { records } = await ask("GET", `/history/answers?from_us=${past.from}&to_us=${past.to + 1}&limit=1&name=${encodeURIComponent(name)}`,
    undefined, signal);
  return records[0]?.window_us;
}

// One query after the other; changed() after each.
export async function talkersRead(past, standing, signal, changed) {
  if (past.none) return;
  for (const [name, { window_us }] of await queriesOf(past, standing, signal)) {
    const window = window_us ?? await windowOf(past, name, signal);
    const answers = window ? await answersRead(past, name, window, signal) : [];
    past.talkers.set(name, answers.length > 0 ? summed(answers, past.from, past.to) : null);
    changed();
  }
}
