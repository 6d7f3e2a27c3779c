// SPDX-License-Identifier: Apache-2.0
// The API: questions, and the stream of what happens. The token, where one is asked for, stays in the
// tab's session storage; EventSource could not send it, so the stream is read with fetch.

const root = "/api/v1";
const key = "weir-token";
const silence = 15000; // a stream says something every 10 s; the books come every second
const patience = [500, 1000, 2000, 3000];

export function token(value) {
  if (value !== undefined) sessionStorage.setItem(key, value);
  return sessionStorage.getItem(key);
}

function headers(more) {
  return token() ? { Authorization: `Bearer ${token()}`, ...more } : { ...more };
}

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export async function ask(method, path, body, signal) {
  const answer = await fetch(root + path, {
    method,
    headers: headers(body === undefined ? {} : { "Content-Type": "application/json" }),
    body: body === undefined ? undefined : JSON.stringify(body),
    cache: "no-store",
    signal,
  });
  const text = await answer.text();
  const value = text ? JSON.parse(text) : null;
  if (!answer.ok && answer.status !== 503) throw new Refused(answer.status, value?.error ?? `status ${answer.status}`);
  if (answer.status === 503 && path !== "/ready") throw new Refused(503, value?.error ?? "not now");
  return value;
}

// Calls take(name, data, id) for each event of a stream's text.
function reader(take) {
  let rest = "";
  let event = {};
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (event.data !== undefined) take(event.event, JSON.parse(event.data), event.id);
        event = {};
      } else if (!line.startsWith(":")) {
        const colon = line.indexOf(": ");
        event[line.slice(0, colon)] = line.slice(colon + 2);
      }
    }
  };
}

async function followOnce(last, took, state) {
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(), silence);
  try {
    const more = last.id ? { "Last-Event-ID": last.id } : {};
    const answer = await fetch(`${root}/stream`, { headers: headers(more), signal: abort.signal, cache: "no-store" });
    if (answer.status === 401) throw new Refused(401, token() ? (await answer.json()).error : "");
    if (!answer.ok) throw new Error((await answer.json()).error);
    state("live");
    const feed = reader((name, data, id) => {
      if (id) last.id = id;
      last.tries = 0;
      took(name, data);
    });
    const text = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = await text.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(), silence);
      feed(value);
    }
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

// Follows what happens for ever: took(name, data) for each event, state("live" or "lost", why) when that
// changes, needToken(message) is waited for where the API asks for a token.
export async function follow(took, state, needToken) {
  const last = { id: null, tries: 0 };
  for (;;) {
    let why = "";
    try {
      await followOnce(last, took, state);
    } catch (error) {
      if (error instanceof Refused && error.status === 401) {
        await needToken(error.message);
        continue;
      }
      why = error.message;
    }
    state("lost", why);
    await new Promise((resolve) => setTimeout(resolve, patience[Math.min(last.tries++, patience.length - 1)]));
  }
}
