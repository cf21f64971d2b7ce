/* Which depth is shown, from the address: it can be linked to, reloaded, and gone back to. */
import { replace } from "./state.js";
import { refresh } from "./workbench.js";
import "./files.js";
import { answer, leave } from "./questions.js";
import { showEvidence } from "./evidence.js";
import { ask } from "./run.js";

const VIEWS = { questions: "questions", question: "question", workbench: "workbench", evidence: "evidence", claim: "evidence", search: "evidence", study: "evidence" };
const TOP = { questions: "questions", question: "questions", workbench: "workbench", evidence: "evidence" };

async function route(event) {
  const [kind, ...more] = location.hash.slice(1).split("/");
  const rest = decodeURIComponent(more.join("/"));
  if (kind === "scenario") {
    try {
      replace((await ask(`/scenario?name=${encodeURIComponent(rest)}`)).scenario);
    } catch (error) {
      console.info(error.message);
    }
    location.replace("#workbench");
    return;
  }
  if (kind && !(kind in VIEWS)) return; // a place within the page
  const view = VIEWS[kind] ?? "questions";
  for (const one of document.querySelectorAll(".view")) one.hidden = one.id !== `view-${view}`;
  for (const link of document.querySelectorAll(".top nav a")) {
    if (link.hash === `#${TOP[view]}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (event) {
    scrollTo(0, 0);
    document.getElementById("main").focus({ preventScroll: true });
  }
  if (view === "question") answer(rest);
  else leave();
  if (view === "workbench") refresh();
  if (view === "evidence") showEvidence(kind, rest);
}

if (matchMedia("(max-width: 59.99rem)").matches) document.querySelector(".side").open = false; // results first
addEventListener("hashchange", route);
route();
document.documentElement.dataset.ready = "yes";
