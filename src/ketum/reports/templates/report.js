(() => {
  "use strict";
  const plots = JSON.parse(document.getElementById("plots").textContent);
  const later = new Set(); // plots in a closed part of the page: drawn when it opens
  const draw = (id) => ketumPlots.draw(document.getElementById(id), plots[id]);

  const drawWithin = (details) => {
    const ids = [...details.querySelectorAll(".plot")].map((place) => place.id).filter((id) => later.has(id));
    for (const id of ids) {
      later.delete(id);
      draw(id);
    }
  };
  document.addEventListener("toggle", (event) => event.target.open && drawWithin(event.target), true);
  const unfold = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    const details = target && (target.querySelector("details.folded") || target.closest("details.folded"));
    if (details) details.open = true;
  };
  addEventListener("hashchange", unfold);
  document.addEventListener("click", (event) => event.target.closest("nav a") && setTimeout(unfold, 0));

  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details:not([open])")) {
      details.open = details.dataset.closed = true;
      drawWithin(details);
    }
    ketumPlots.toPaper();
  });
  addEventListener("afterprint", () => {
    for (const details of document.querySelectorAll("details[data-closed]")) {
      details.open = false;
      delete details.dataset.closed;
    }
    ketumPlots.toScreen();
  });

  const folded = (id) => document.getElementById(id).closest("details:not([open])");
  const waiting = Object.keys(plots).filter((id) => !folded(id));
  Object.keys(plots).filter(folded).forEach((id) => later.add(id));
  unfold();
  const next = () => {
    const id = waiting.shift();
    if (id === undefined) {
      document.documentElement.dataset.drawn = "yes";
      return;
    }
    draw(id);
    setTimeout(next, 0);
  };
  next();
})();
