// The keyboard on the pages of a person: moving, opening, choosing. No key ever sends anything.
"use strict";

const PLACES = { i: "/", w: "/watch", t: "/table", p: "/people", m: "/me" };
const CHOICES = { a: "approve", c: "change", r: "reject", i: "instruct", t: "take_over" };
const KEPT = "handraise-keys"; // "off" where the reader switched the keys off
const KEYS = [
  ["j", "the next question"],
  ["k", "the one before"],
  ["o or Enter", "open it"],
  ["a", "approve: opens that choice"],
  ["c", "change"],
  ["r", "reject"],
  ["i", "instruct"],
  ["t", "take over"],
  ["/", "search"],
  ["g, then i w t p m", "go to Inbox, Watch, Table, Team, Me"],
  ["?", "these keys"],
];

let goes = 0; // until when a second letter says where to go

function isOn() {
  try {
    return localStorage.getItem(KEPT) !== "off";
  } catch {
    return true;
  }
}

function isTyping(element) {
  return element.isContentEditable || element.closest("input, textarea, select, dialog[open]") !== null;
}

function lines() {
  return [...document.querySelectorAll(".lines > li > a")];
}

function move(step) {
  const all = lines();
  const here = all.indexOf(document.activeElement);
  const next = all[here < 0 ? (step > 0 ? 0 : all.length - 1) : here + step];
  if (!next) return false;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

// Where the focus goes: to what is filled in, else to the whole; never to a button, which the next
// Space or Enter would press.
function placeIn(choice) {
  if (!(choice instanceof HTMLDetailsElement)) return choice;
  choice.open = true;
  return choice.querySelector("textarea, input:not([type=hidden]), select") ?? choice.querySelector("summary");
}

function choose(name) {
  const choice = document.querySelector(`.choices > .${name}`);
  if (choice) {
    placeIn(choice).focus();
    choice.scrollIntoView({ block: "nearest" });
    return true;
  }
  const line = document.activeElement;
  if (!line?.matches(".lines > li > a")) return false;
  location.assign(`${line.getAttribute("href")}#${name}`);
  return true;
}

function row(key, words) {
  const line = document.createElement("div");
  const term = document.createElement("dt");
  const said = document.createElement("dd");
  const cap = document.createElement("kbd");
  cap.textContent = key;
  term.append(cap);
  said.textContent = words;
  line.append(term, said);
  return line;
}

function dialog() {
  const found = document.getElementById("keys");
  if (found) return found;
  const box = document.createElement("dialog");
  box.id = "keys";
  box.setAttribute("aria-labelledby", "keys-head");
  const head = document.createElement("h2");
  head.id = "keys-head";
  head.textContent = "Keys";
  const list = document.createElement("dl");
  list.append(...KEYS.map(([key, words]) => row(key, words)));
  const off = document.createElement("label");
  off.className = "check";
  const tick = document.createElement("input");
  tick.type = "checkbox";
  tick.checked = isOn();
  tick.addEventListener("change", () => {
    try {
      localStorage.setItem(KEPT, tick.checked ? "on" : "off");
    } catch {} // a browser that keeps nothing has them on
  });
  off.append(tick, " Keys are on (? always shows this)");
  const form = document.createElement("form");
  form.method = "dialog";
  const close = document.createElement("button");
  close.className = "big quiet";
  close.textContent = "Close";
  form.append(close);
  box.append(head, list, off, form);
  document.body.append(box);
  return box;
}

function show() {
  dialog().showModal();
  return true;
}

function search() {
  const field = document.getElementById("q");
  if (!field) {
    location.assign("/#q");
    return true;
  }
  field.focus();
  field.select();
  return true;
}

function press(key) {
  if (key === "?") return show();
  if (!isOn()) return false;
  const isGoing = performance.now() < goes;
  goes = 0;
  if (isGoing) {
    if (!(key in PLACES)) return false;
    location.assign(PLACES[key]);
    return true;
  }
  if (key === "g") {
    goes = performance.now() + 1500;
    return true;
  }
  if (key === "j" || key === "k") return move(key === "j" ? 1 : -1);
  if (key === "/") return search();
  if (key === "o" && document.activeElement?.matches(".lines > li > a")) {
    document.activeElement.click();
    return true;
  }
  return key in CHOICES && choose(CHOICES[key]);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (isTyping(event.target)) return;
  if (press(event.key)) event.preventDefault();
});

// Whoever comes by a key finds the choice open, or the search ready.
const wanted = location.hash.slice(1);
if (Object.values(CHOICES).includes(wanted)) choose(wanted);
if (wanted === "q") search();
