// Says, while the page is seen, that somebody still looks at it: every twenty seconds, when they come
// back to it, and at once when something has happened that may concern it.
"use strict";

function look() {
  const place = document.querySelector("[data-looking]");
  if (place && document.visibilityState === "visible") {
    place.dispatchEvent(new CustomEvent("still-looking"));
  }
}

setInterval(look, 20_000);
document.addEventListener("visibilitychange", look);
document.addEventListener("inbox", look);
