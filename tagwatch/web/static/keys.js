// Single keys for those who work through a list all night. Off until switched on, kept in this
// browser; never while typing in a field. The page is whole without them.
const KEPT = "tagwatch-keys";
const NAMES = {
  j: "next", k: "previous", a: "acknowledge", t: "take in hand", c: "write down a call",
  v: "your view", w: "put aside", x: "close", "1 to 9": "choose in the list the focus is in",
};
const typing = (place) => place.matches("textarea, select, input:not([type=radio]):not([type=checkbox])");

function on() { return localStorage.getItem(KEPT) === "on"; }

function show(state) {
  for (const box of document.querySelectorAll("[data-keys]")) box.checked = state;
  for (const legend of document.querySelectorAll("[data-keys-list]")) legend.hidden = !state;
}

function step(by) {
  const links = [...document.querySelectorAll("tr.tw-alert:not([hidden]) a")];
  if (!links.length) return false;
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + by, 0), links.length - 1);
  links[next].focus();
  return true;
}

function use(key) {
  const place = document.querySelector(`[data-key="${key}"]`);
  if (!place) return false;
  if (place.tagName !== "SUMMARY") { place.click(); return true; }
  place.parentElement.open = true;
  const first = place.parentElement.querySelector("input:not([type=hidden]), textarea");
  (first || place).focus();
  return true;
}

// A digit chooses in the group the focus is in, and goes on to the next group, if there is one.
function choose(digit) {
  const form = document.activeElement.closest("form");
  const name = document.activeElement.name;
  if (!form || document.activeElement.type !== "radio") return false;
  const group = [...form.querySelectorAll(`input[type=radio][name="${name}"]`)];
  const chosen = group[digit - 1];
  if (!chosen) return false;
  chosen.checked = true;
  const radios = [...form.querySelectorAll("input[type=radio]")];
  const next = radios.slice(radios.indexOf(group[group.length - 1]) + 1)[0];
  (next || chosen).focus();
  return true;
}

addEventListener("keydown", (event) => {
  if (!on() || event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
  const done = event.key === "j" ? step(1) : event.key === "k" ? step(-1)
    : /^[1-9]$/.test(event.key) ? choose(Number(event.key)) : /^[a-z]$/.test(event.key) && use(event.key);
  if (done) event.preventDefault();
});

for (const box of document.querySelectorAll("[data-keys]")) {
  box.closest("[data-keys-place]").hidden = false;
  box.addEventListener("change", () => {
    localStorage.setItem(KEPT, box.checked ? "on" : "off");
    show(box.checked);
  });
}
for (const legend of document.querySelectorAll("[data-keys-list]")) {
  legend.textContent = Object.entries(NAMES).map(([key, name]) => `${key}: ${name}`).join(" · ");
}
show(on());
document.body.dataset.keysReady = "yes";
