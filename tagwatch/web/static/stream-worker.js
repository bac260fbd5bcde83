// One stream for the whole browser: every page of this session listens to this worker.
// Messages are kept a while, so that a page opened later hears what came after it was made.
const KEPT = 300;
const ports = new Set();
const kept = [];
let source = null;
let lastBeat = null;
let from = null; // alert events after this number are in `kept`; null: not known

function tell(message) {
  for (const port of ports) port.postMessage(message);
}

function open(after) {
  from = after;
  source = new EventSource(after === null ? "/stream" : `/stream?after=${after}`);
  source.addEventListener("alert", (event) => {
    const message = { type: "alert", number: Number(event.lastEventId), data: JSON.parse(event.data) };
    kept.push(message);
    if (kept.length > KEPT) {
      const gone = kept.shift().number;
      if (from !== null) from = gone;
    }
    tell(message);
  });
  for (const type of ["heartbeat", "reload", "signed-out", "stale", "restart"]) {
    source.addEventListener(type, (event) => {
      const message = { type, data: JSON.parse(event.data) };
      if (type === "heartbeat") lastBeat = message;
      tell(message);
      if (type === "signed-out") close();
    });
  }
  source.onerror = () => {
    tell({ type: "lost" });
    // A browser gives up for good when the answer is not a stream (signed out, proxy error).
    if (source && source.readyState === EventSource.CLOSED) {
      close();
      setTimeout(() => { if (ports.size && !source) open(kept.length ? kept[kept.length - 1].number : from); }, 3000);
    }
  };
}

function close() {
  if (source) source.close();
  source = null;
}

onconnect = (connected) => {
  const port = connected.ports[0];
  port.onmessage = ({ data }) => {
    if (data.type === "bye") {
      ports.delete(port);
      if (!ports.size) { close(); kept.length = 0; lastBeat = null; }
      return;
    }
    ports.add(port);
    if (!source) { open(data.after); return; }
    if (lastBeat) port.postMessage(lastBeat);
    if (data.after === null) return; // a page without the list: it hears what comes from now on
    if (from === null) { close(); open(data.after); return; }
    if (data.after < from) { port.postMessage({ type: "reload", data: { why: "much happened meanwhile" } }); return; }
    for (const message of kept) if (message.number > data.after) port.postMessage(message);
  };
  port.start();
};
