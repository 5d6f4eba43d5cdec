// Lets a passkey sign what a form is about, then sends the form with what it signed. Without it
// nothing here is offered: the pages say how to go on.
"use strict";

class Said extends Error {}

const TOO_OLD = "This page is too old. Load it again, then try once more.";
const NOT_SENT = "Nothing was sent. You cancelled it, or it took too long.";
const ELSEWHERE = "Nothing was sent. Passkeys work only at the address that this server says is its own.";
const KNOWN = "There is a passkey of yours on this device already.";

const fromBase64url = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));

function text(buffer) {
  const raw = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

// What the server asks is JSON; browsers want bytes where it says base64url.
function asked(said) {
  const found = { ...said, challenge: fromBase64url(said.challenge) };
  if (said.user) found.user = { ...said.user, id: fromBase64url(said.user.id) };
  for (const list of ["allowCredentials", "excludeCredentials"])
    if (said[list]) found[list] = said[list].map((one) => ({ ...one, id: fromBase64url(one.id) }));
  return found;
}

function answered(credential) {
  const { id, type, rawId, response } = credential;
  const found = { id, type, rawId: text(rawId), response: {} };
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
    if (response[part]) found.response[part] = text(response[part]);
  if (response.getTransports) found.response.transports = response.getTransports();
  return JSON.stringify(found);
}

async function ask(form) {
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.dataset.options, { method: "POST", body, redirect: "manual", cache: "no-store" });
  const isOurs = (answer.headers.get("Content-Type") ?? "").startsWith("application/json");
  if (!isOurs) throw new Said(TOO_OLD);
  const said = await answer.json();
  if (!answer.ok) throw new Said(said.said);
  return asked(said.publicKey);
}

async function sign(form) {
  const publicKey = await ask(form);
  const isNew = form.dataset.passkey === "create";
  const signed = await navigator.credentials[isNew ? "create" : "get"]({ publicKey });
  form.elements.namedItem("credential").value = answered(signed);
  form.submit();
}

function why(error) {
  if (error instanceof Said) return error.message;
  if (error.name === "SecurityError") return ELSEWHERE;
  if (error.name === "InvalidStateError") return KNOWN;
  return NOT_SENT;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.passkey) return;
  event.preventDefault();
  const said = form.querySelector("[role=status]");
  const button = form.querySelector("button");
  said.textContent = "";
  button.disabled = true;
  sign(form)
    .catch((error) => {
      said.textContent = why(error);
    })
    .finally(() => {
      button.disabled = false;
    });
});

if (window.PublicKeyCredential && navigator.credentials) document.documentElement.dataset.passkeys = "here";
