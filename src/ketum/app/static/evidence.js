/* The third depth: statements and verdicts, a search over all tables, and what stands behind a name. */
import { ask } from "./run.js";
import { show } from "./results.js";
import { place } from "./fields.js";

const found = place("found");
const first = [...found.childNodes];

let asked = 0;
async function answer(address) {
  const mine = asked;
  try {
    const told = await ask(address);
    if (mine !== asked) return; // something else is looked at by now
    show(found, { html: told.html, plots: told.plots ?? {} }, () => (found.dataset.answered = address));
  } catch (error) {
    if (mine !== asked) return;
    found.replaceChildren();
    place("evidence-mistake").textContent = error.message;
    place("evidence-mistake").hidden = false;
  }
}

const query = (key, value) => `${key}=${encodeURIComponent(value)}`;

/** Show what an address of the page asks for. */
export function showEvidence(kind, rest) {
  asked += 1;
  place("evidence-mistake").hidden = true;
  if (kind !== "search") place("question-words").value = "";
  if (kind === "claim") return answer(`/claim?${query("id", rest)}`);
  if (kind === "search") {
    place("question-words").value = rest;
    return answer(`/evidence?${query("q", rest)}`);
  }
  if (kind === "study") {
    const html = `<p>This study is emulated by the command: <code>ketum claims --save DIR</code> writes its file, <code>ketum study DIR/${rest.replace(/[^\w-]/g, "")}.toml</code> emulates it.</p>`;
    return show(found, { html, plots: {} });
  }
  if (rest) return answer(`/behind?${query("name", rest)}`);
  found.replaceChildren(...first);
}

place("search").addEventListener("submit", (event) => {
  event.preventDefault();
  const words = place("question-words").value.trim();
  location.hash = words ? `search/${encodeURIComponent(words)}` : "evidence";
});
