// Passkeys: asks this device to make one or to sign with one, and posts its answer as a form does.
// A form marked data-passkey="create" or "get" is sent by the device's answer; everything else works
// without this file.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const REFUSED = "Nothing was done: the device was not used in time, or you stopped it. You can try again.";
const KNOWN = "This device holds a passkey of this account already.";

function asked(options) {
  const found = { ...options, challenge: bytes(options.challenge) };
  if (options.user) found.user = { ...options.user, id: bytes(options.user.id) };
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    if (options[list]) found[list] = options[list].map((each) => ({ ...each, id: bytes(each.id) }));
  }
  return found;
}

function answered(credential) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[part]) response[part] = text(credential.response[part]);
  }
  return JSON.stringify({
    id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

function say(form, words) {
  const place = form.querySelector("[data-passkey-said]");
  place.textContent = words;
  place.hidden = !words;
}

async function use(form) {
  say(form, "");
  const token = form.querySelector("[name=_csrf_token]").value;
  const sent = await fetch(form.dataset.options, {
    method: "POST", body: new URLSearchParams({ _csrf_token: token }), credentials: "same-origin",
  });
  const options = await sent.json();
  if (!sent.ok) { say(form, options.problem || "This did not work. Load the page again."); return; }
  const made = form.dataset.passkey === "create"
    ? await navigator.credentials.create({ publicKey: asked(options) })
    : await navigator.credentials.get({ publicKey: asked(options) });
  form.querySelector("[name=answer]").value = answered(made);
  form.submit();
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) {
    say(form, "This browser, or this address, cannot use passkeys.");
    continue;
  }
  form.querySelector("[data-passkey-use]").hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      await use(form);
    } catch (error) {
      say(form, error.name === "InvalidStateError" ? KNOWN : REFUSED);
    }
    button.disabled = false;
  });
}
