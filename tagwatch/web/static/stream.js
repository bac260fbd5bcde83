// The page's end of the stream: rows of the open-alert list, ages and clocks, the stale banner.
const STALE_AFTER_MS = 25000;
const list = document.querySelector("[data-alerts]");
const banner = document.querySelector("[data-stale]");
let lastBeat = Date.now();
let skew = 0; // this computer's clock against the centre's, in ms
let why = "";

function now() { return Date.now() + skew; }

function warn(text, reload) {
  if (!banner) return;
  const shown = text ? `${text} ${list ? "This list may be out of date." : ""}`.trim() : "";
  if (banner.dataset.text === shown) return;
  banner.dataset.text = shown;
  banner.textContent = shown;
  if (shown && reload) {
    const link = document.createElement("a");
    link.href = location.href;
    link.textContent = "Load it again";
    banner.append(" ", link);
  }
  banner.hidden = !shown;
  const live = document.querySelector("[data-live]");
  if (live) live.hidden = Boolean(shown);
}

function receive(message) {
  if (message.type === "heartbeat") {
    lastBeat = Date.now();
    skew = message.data.at / 1000 - lastBeat;
    why = message.data.why;
    warn(why, false);
  } else if (message.type === "alert") {
    if (list) put(message.data);
    const changed = document.querySelector(`[data-changed="${CSS.escape(message.data.id)}"]`);
    if (changed) changed.hidden = false;
  } else if (message.type === "reload") {
    if (list) location.reload();
  } else if (message.type === "signed-out") {
    stopped = true;
    warn("You are signed out.", true);
  } else if (message.type === "stale") {
    why = message.data.why;
    warn(why, true);
  }
}

let stopped = false;
let listening = false;

// How many are open on all pages: those raised or opened again add to it, those closed take away.
const COUNTS = { raised: 1, reopened: 1, closed: -1 };

function put(data) {
  const old = document.getElementById(data.id);
  list.dataset.total = String(Math.max(0, Number(list.dataset.total) + (COUNTS[data.kind] || 0)));
  if (data.html) {
    const holder = document.createElement("tbody");
    holder.innerHTML = data.html;
    const row = holder.querySelector("tr");
    const focused = old && old.contains(document.activeElement);
    if (old) old.replaceWith(row);
    else if (belongs(row)) list.append(row);
    arrange();
    if (focused) row.querySelector("a")?.focus();
    if (!old && (row.isConnected || COUNTS[data.kind] > 0)) {
      row.classList.add("tw-alert--new");
      announce(`New alert: ${row.dataset.kind}. ${row.querySelector(".tw-alert__sentence").textContent}`);
    }
  } else if (old) {
    old.remove();
    arrange();
  }
  const total = Math.max(Number(list.dataset.total), list.rows.length);
  const count = document.querySelector("[data-count]");
  if (count) count.textContent = String(total);
  const none = document.querySelector("[data-none]");
  if (none) none.hidden = list.rows.length > 0;
  list.closest("table").hidden = list.rows.length === 0;
  document.title = document.title.replace(/\(\d+\)/, `(${total})`);
  tick();
}

// Whether a row that is new to this page stands on it: with its group, or between the page's ends.
function belongs({ dataset }) {
  if ([...list.rows].some((row) => row.dataset.group === dataset.group)) return true;
  const { begins, ends } = list.dataset;
  return (!begins || dataset.order >= begins) && (!ends || dataset.order < ends);
}

// Alerts of one wearer, or of one outage, stand together where the first of them belongs.
const SHOWN_OF_A_CAUSE = 3;

function arrange() {
  const rows = [...list.rows];
  const first = new Map();
  for (const { dataset } of rows) {
    const before = first.get(dataset.group);
    if (before === undefined || dataset.order < before) first.set(dataset.group, dataset.order);
  }
  const less = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  rows.sort((a, b) => less(first.get(a.dataset.group), first.get(b.dataset.group)) || (b.id === b.dataset.group) - (a.id === a.dataset.group) || less(a.dataset.order, b.dataset.order));
  const seen = new Map();
  let folded = 0;
  rows.forEach((row, place) => {
    if (list.rows[place] !== row) list.insertBefore(row, list.rows[place]);
    const earlier = seen.get(row.dataset.group) || 0;
    seen.set(row.dataset.group, earlier + 1);
    row.classList.toggle("tw-alert--follows", earlier > 0);
    row.hidden = "folds" in list.dataset && "explained" in row.dataset && earlier > SHOWN_OF_A_CAUSE;
    folded += row.hidden ? 1 : 0;
  });
  const note = document.querySelector("[data-folded]");
  if (!note) return;
  note.hidden = folded === 0;
  note.querySelector("[data-folded-count]").textContent = String(folded);
}

function announce(text) {
  const place = document.querySelector("[data-announce]");
  if (place) place.textContent = text;
}

function span(ms) {
  const s = Math.max(0, Math.floor(Math.abs(ms) / 1000));
  const units = [[86400, "d", 3600, "h"], [3600, "h", 60, "min"], [60, "min", 1, "s"]];
  for (const [unit, name, smaller, small] of units) {
    if (s >= unit) {
      const rest = Math.floor((s % unit) / smaller);
      return `${Math.floor(s / unit)} ${name}${rest ? ` ${rest} ${small}` : ""}`;
    }
  }
  return `${s} s`;
}

function tick() {
  for (const place of document.querySelectorAll("[data-since]")) {
    place.textContent = `${span(now() - Number(place.dataset.since))} ago`;
  }
  for (const place of document.querySelectorAll("[data-due]")) {
    const left = Number(place.dataset.due) - now();
    place.textContent = `${left < 0 ? "Answer overdue by" : "Answer within"} ${span(left)}`;
    place.classList.toggle("tw-overdue", left < 0);
  }
  for (const place of document.querySelectorAll("[data-until]")) {
    place.hidden = Number(place.dataset.until) <= now();
  }
  const silent = Date.now() - lastBeat;
  if (stopped) return;
  if (silent > STALE_AFTER_MS && listening) warn(`Nothing heard from the centre for ${span(silent)}.`, true);
  else if (why) warn(why, false);
}

function begin() {
  const after = list ? Number(list.dataset.after) : null;
  if (typeof SharedWorker === "function") {
    const worker = new SharedWorker("/static/stream-worker.js", { name: `tagwatch-${document.body.dataset.marker}` });
    worker.port.onmessage = ({ data }) => receive(data);
    worker.port.start();
    const hello = () => worker.port.postMessage({ type: "hello", after });
    hello();
    listening = true;
    addEventListener("pagehide", () => worker.port.postMessage({ type: "bye" }));
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
    return;
  }
  if (!list) return; // without a shared worker only the list has a stream
  const source = new EventSource(`/stream?after=${after}`);
  listening = true;
  for (const type of ["alert", "heartbeat", "reload", "signed-out", "stale"]) {
    source.addEventListener(type, (event) => receive({ type, data: JSON.parse(event.data) }));
  }
}

if (document.body.dataset.listen) {
  begin();
  const live = document.querySelector("[data-live]");
  if (live) live.hidden = false;
}
setInterval(tick, 1000);
