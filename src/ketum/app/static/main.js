/* Which depth is shown, from the address: it can be linked to, reloaded, and gone back to. */
import { replace } from "./state.js";
import { refresh } from "./workbench.js";
import { complain } from "./files.js";
import "./hours.js";
import { answer, leave } from "./questions.js";
import { showEvidence } from "./evidence.js";
import { ask } from "./run.js";
import { place } from "./fields.js";

const VIEWS = { questions: "questions", question: "question", workbench: "workbench", evidence: "evidence", claim: "evidence", search: "evidence", study: "evidence" };
const TITLES = { questions: "Questions", question: "Question", workbench: "Workbench", evidence: "Evidence" };
const TOP = { questions: "questions", question: "questions", workbench: "workbench", evidence: "evidence" };

const decoded = (written) => {
  try {
    return decodeURIComponent(written);
  } catch {
    return written; // no address that this page made
  }
};

async function route(event) {
  const [kind, ...more] = location.hash.slice(1).split("/");
  const rest = decoded(more.join("/"));
  if (kind === "scenario") {
    try {
      replace((await ask(`/scenario?name=${encodeURIComponent(rest)}`)).scenario);
    } catch (error) {
      complain(error);
    }
    location.replace("#workbench");
    return;
  }
  if (kind && !(kind in VIEWS) && place(kind)) return; // a place within the page
  const view = VIEWS[kind] ?? "questions";
  for (const one of document.querySelectorAll(".view")) one.hidden = one.id !== `view-${view}`;
  for (const link of document.querySelectorAll(".top nav a")) {
    if (link.hash === `#${TOP[view]}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${TITLES[view]}${rest ? ` · ${rest}` : ""} · ketum explorer`;
  if (event) {
    scrollTo(0, 0);
    place("main").focus({ preventScroll: true });
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
