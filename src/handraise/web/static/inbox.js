// Keeps the list of the inbox fresh. Without it the page works just the same, and is as old as it is.
"use strict";

const list = document.getElementById("list");
const seconds = Number(list.dataset.refreshSeconds);

async function refresh() {
  if (document.hidden || list.contains(document.activeElement)) return;
  const answer = await fetch(location.href, { redirect: "manual", cache: "no-store" });
  if (answer.type === "opaqueredirect") {
    location.reload(); // signed out meanwhile
    return;
  }
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  list.replaceChildren(...fresh.getElementById("list").childNodes);
  document.getElementById("heading").textContent = fresh.getElementById("heading").textContent;
  document.title = fresh.title;
}

function again() {
  refresh().catch(() => {}); // the server may be away for a moment; the next turn tries again
}

setInterval(again, seconds * 1000);
document.addEventListener("visibilitychange", again);
