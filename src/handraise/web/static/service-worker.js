// Keeps the static files and the page that says that one is offline, and shows what is pushed.
// VERSION and FILES are put before this by the server. It keeps no page: none with data is ever stored.
"use strict";

const NAME = `handraise-${VERSION}`;
const OFFLINE = "/offline";

self.addEventListener("install", (event) => {
  const kept = [OFFLINE, ...FILES].map((path) => new Request(path, { cache: "reload" }));
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(kept)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const drop = async () => {
    for (const name of await caches.keys()) {
      if (name !== NAME) await caches.delete(name);
    }
    await self.clients.claim();
  };
  event.waitUntil(drop());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const path = new URL(request.url).pathname;
  if (request.method !== "GET" || new URL(request.url).origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => kept(OFFLINE)));
  } else if (FILES.includes(path)) {
    event.respondWith(fetch(request).catch(() => kept(path)));
  }
});

async function kept(path) {
  return (await (await caches.open(NAME)).match(path)) ?? Response.error();
}

self.addEventListener("push", (event) => {
  let shown = {};
  try {
    shown = event.data.json();
  } catch {
    // What cannot be read is still a reason to look.
  }
  const { title = "Handraise needs you", body = "See your inbox.", path = "/", tag = "inbox" } = shown;
  event.waitUntil(
    self.registration.showNotification(title, {
      body,
      tag,
      renotify: true,
      icon: "/static/app/icon-192.png",
      badge: "/static/app/badge-96.png",
      data: { path },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.path ?? "/"));
});

async function open(path) {
  const wanted = new URL(path, self.location.origin);
  if (wanted.origin !== self.location.origin) return;
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const same = pages.find((page) => page.url === wanted.href);
  if (same) {
    await same.focus();
    return;
  }
  await self.clients.openWindow(wanted.href);
}
