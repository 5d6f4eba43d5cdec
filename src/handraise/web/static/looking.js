// Says every twenty seconds, while the page is seen, that somebody still looks at it.
"use strict";
setInterval(() => {
  const place = document.querySelector("[data-looking]");
  if (place && document.visibilityState === "visible") {
    place.dispatchEvent(new CustomEvent("still-looking"));
  }
}, 20_000);
