// Makes the pages an app, and turns on that this device is told. Without it the pages work just the same.
"use strict";

const worker = navigator.serviceWorker;
worker?.register("/service-worker.js").catch(() => {}); // without it, nothing but this is missing

if (document.querySelector("[data-offline]")) {
  addEventListener("online", () => location.reload());
}

const offer = document.getElementById("push-on");
if (offer) begin(offer);

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
