// Makes the pages an app, and turns on that this device is told. Without it the pages work just the same.
"use strict";

const worker = navigator.serviceWorker;
worker?.register("/service-worker.js").catch(() => {}); // without it, nothing but this is missing

if (document.querySelector("[data-offline]") && location.pathname !== "/offline") comeBack(1);

const offer = document.getElementById("push-on");
if (offer) begin(offer);

// Shows what was asked for as soon as the server answers: at once, then less and less often.
async function comeBack(seconds) {
  const answer = await fetch("/offline", { method: "HEAD", cache: "no-store" }).catch(() => null);
  if (answer?.ok) {
    location.reload();
    return;
  }
  const turn = setTimeout(again, seconds * 1000);
  addEventListener("online", again, { once: true });

  function again() {
    clearTimeout(turn);
    removeEventListener("online", again);
    comeBack(Math.min(seconds * 2, 30));
  }
}

function begin(form) {
  const isApple = /iPhone|iPad/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
  if (!worker || !("PushManager" in window) || !("Notification" in window)) {
    say(isApple ? "install" : "unsupported");
    return;
  }
  if (Notification.permission === "denied") {
    say("denied");
    return;
  }
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    turnOn(form).catch(() => say("failed"));
  });
}

function say(what) {
  for (const one of document.querySelectorAll("[data-push]")) {
    one.hidden = one.dataset.push !== what;
  }
}

async function turnOn(form) {
  say("waiting");
  if ((await Notification.requestPermission()) !== "granted") {
    say("denied");
    return;
  }
  const key = bytes(form.elements.key.value);
  const manager = (await worker.ready).pushManager;
  const before = await manager.getSubscription();
  if (before && !isSame(before.options?.applicationServerKey, key)) await before.unsubscribe();
  const found = await manager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { endpoint, keys } = found.toJSON();
  form.elements.endpoint.value = endpoint;
  form.elements.p256dh.value = keys.p256dh;
  form.elements.auth.value = keys.auth;
  form.submit();
}

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (one) => one.charCodeAt(0));
}

function isSame(buffer, key) {
  const raw = new Uint8Array(buffer ?? []);
  return raw.length === key.length && raw.every((one, at) => one === key[at]);
}
