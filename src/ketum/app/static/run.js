/* Asking the server: answers in lines while a run goes on, and short answers. Ending a request cancels its run. */

export class Mistake extends Error {
  constructor(text, key = []) {
    super(text);
    this.key = key;
  }
}

const HEADERS = { "Content-Type": "application/json", "X-Ketum": "1" };
const GONE = "the explorer does not answer; does ketum app still run?";

async function send(address, options) {
  let response;
  try {
    response = await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Mistake(GONE);
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  throw new Mistake(told.text ?? `the explorer refused this (${response.status})`, told.key);
}

/** Return the JSON that an address answers. */
export const ask = async (address) => (await send(address)).json();

/** Return what an address answers to a body: an object, sent as JSON, or a text. */
export const tell = (address, body) =>
  send(address, { method: "POST", headers: HEADERS, body: typeof body === "string" ? body : JSON.stringify(body) });

/** Call `hear` with every line of an answer; a line that tells of a mistake ends it. */
export async function lines(address, body, hear, signal) {
  const response = await send(address, { method: "POST", headers: HEADERS, body: JSON.stringify(body), signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let ended = false;
  for (;;) {
    let part;
    try {
      part = await reader.read();
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Mistake(GONE);
    }
    if (part.done) break;
    const pieces = (rest + part.value).split("\n");
    rest = pieces.pop();
    for (const piece of pieces) {
      const line = JSON.parse(piece);
      if (line.kind === "error") throw new Mistake(line.text, line.key);
      ended ||= line.kind === "done";
      hear(line);
    }
  }
  if (!ended && !signal?.aborted) throw new Mistake(GONE);
}

/** Shows waiting and progress, with the time that is left, at a place of the page. */
export function progressAt(place) {
  let began = 0;
  let told = false;
  const write = (text, share) => {
    told = true;
    place.replaceChildren(text);
    if (share !== undefined) {
      const bar = document.createElement("progress");
      bar.max = 1;
      bar.value = share;
      bar.setAttribute("aria-label", "Progress");
      place.append(bar);
    }
  };
  return {
    start() {
      began = performance.now();
      told = false;
    },
    told: () => told,
    hear(line) {
      if (line.kind === "waiting") {
        const who = line.ahead ? `${line.ahead} other ${line.ahead === 1 ? "run" : "runs"} first` : "the next free process";
        write(line.ready ? `Waiting for ${who} …` : "The engine is getting ready; the first time this takes about half a minute …");
        began = performance.now();
      }
      if (line.kind === "progress" && line.done) {
        const spent = (performance.now() - began) / 1000;
        const left = (spent * (line.of - line.done)) / line.done;
        const words = left > 1 ? `, about ${left < 90 ? `${Math.ceil(left)} s` : `${Math.ceil(left / 60)} min`} left` : "";
        write(`Running${words} `, line.done / line.of);
      }
    },
    write,
  };
}
