// Says when a page that should be live is not. Without it, the page still says how old it is.
"use strict";

function away(isAway) {
  const said = document.getElementById("not-live");
  if (said) said.hidden = !isAway;
}

document.addEventListener("htmx:sse:error", () => away(true));
document.addEventListener("htmx:sse:after:connection", () => away(false));
document.addEventListener("crowded", () => away(true));
document.addEventListener("joined", (event) => event.target.setAttribute("data-joined", ""));
document.addEventListener("htmx:error", (event) => {
  if (event.target.id === "inbox") away(true);
});
document.addEventListener("htmx:after:swap", (event) => {
  if (event.target.id === "inbox") away(false);
});
