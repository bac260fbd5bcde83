// The last fix of everybody in scope: each by name where they are few, counted where they are many,
// with their open alerts by urgency.
import { circle, dot, label, layer, sheet, style, zones } from "./sheet.js";

const COLOURS = { fresh: "#00703c", hour: "#f47738", old: "#505a5f" };
const EACH_MS = 60_000;
const SETTLED_MS = 250;
const CELL_PX = 56;

const ring = (place) => {
  const feature = new ol.Feature({ geometry: circle(place.lon, place.lat, place.radius_m) });
  feature.setStyle(style(COLOURS[place.how], `${COLOURS[place.how]}22`, 2));
  return feature;
};

const URGENCIES = {
  life: ["#b3140b", "#fff", "about a life at risk"],
  urgent: ["#ffdd00", "#0b0c0c", "urgent"],
  routine: ["#fff", "#0b0c0c", "routine"],
};

// Open alerts of a group stand side by side below its circle, the gravest first.
const badges = (alerts, radius) => {
  const open = Object.keys(URGENCIES).filter((urgency) => alerts[urgency]);
  return open.map((urgency, place) => {
    const [ground, ink] = URGENCIES[urgency];
    return new ol.style.Style({ text: new ol.style.Text({
      text: alerts[urgency].toLocaleString("en-GB"), font: "bold 12px arial, sans-serif", overflow: true,
      declutterMode: "none", // one over another rather than one that is not seen
      offsetX: (place - (open.length - 1) / 2) * 26, offsetY: radius + 9, padding: [2, 3, 1, 3],
      fill: new ol.style.Fill({ color: ink }), backgroundFill: new ol.style.Fill({ color: ground }),
      backgroundStroke: new ol.style.Stroke({ color: "#0b0c0c", width: 1 }) }) });
  });
};

const disc = (radius, colour, alerts, text) =>
  new ol.style.Style({
    image: new ol.style.Circle({ radius, declutterMode: "none",
      fill: new ol.style.Fill({ color: colour }),
      stroke: new ol.style.Stroke({ color: alerts ? "#b3140b" : "#fff", width: alerts ? 4 : 2 }) }),
    text,
  });

const mark = (place) => {
  const feature = new ol.Feature({ geometry: dot(place.lon, place.lat) });
  feature.setStyle(disc(place.alerts ? 8 : 6, COLOURS[place.how], place.alerts,
    label(`${place.name}, ${place.age}`, "#0b0c0c", -16)));
  return feature;
};

const group = (found) => {
  const feature = new ol.Feature({ geometry: dot(found.lon, found.lat), opens: true });
  const count = new ol.style.Text({ text: found.wearers.toLocaleString("en-GB"), overflow: true,
    font: "bold 13px arial, sans-serif", fill: new ol.style.Fill({ color: "#fff" }) });
  const radius = Math.min(27, 10 + 2 * Math.log2(found.wearers));
  const colour = found.how === "hour" ? "#a84400" : COLOURS[found.how];
  feature.setStyle([disc(radius, colour, 0, count), ...badges(found.alerts, radius)]);
  return feature;
};

const said = (found) => {
  const all = found.wearers.toLocaleString("en-GB");
  const old = found.groups.reduce((sum, one) => sum + one.old, 0).toLocaleString("en-GB");
  const many = found.groups.length
    ? `, ${old} of them not seen within the hour; the circles say how many are where, zoom in to see each` : "";
  const open = Object.entries(URGENCIES).map(([urgency, look]) => {
    const sum = found.groups.reduce((all, one) => all + one.alerts[urgency], 0);
    return sum ? `${sum.toLocaleString("en-GB")} ${look[2]}` : "";
  }).filter(Boolean).join(", ");
  const alerts = open ? ` Open alerts of theirs: ${open}.` : "";
  return `Map as of ${found.at}: ${all} ${found.wearers === 1 ? "wearer" : "wearers"} in it${many}.${alerts}`;
};

for (const element of document.querySelectorAll("[data-caseload]")) {
  const [places, around, circles] = [layer([], { declutter: true }), layer([]), layer([])];
  const map = sheet(element, element.dataset.boroughs, [around, circles, places]);
  const line = document.querySelector("[data-live-said]");
  let asked = 0;
  let fitted = false;

  const load = async () => {
    const turn = ++asked;
    const across = Math.round(Math.max(...map.getSize()) / CELL_PX);
    let address = `${element.dataset.caseload}?across=${across}`;
    if (fitted) {
      const box = ol.proj.transformExtent(map.getView().calculateExtent(map.getSize()), "EPSG:3857", "EPSG:4326");
      address += `&box=${box.map((edge) => edge.toFixed(6)).join(",")}`;
    }
    let found;
    try {
      const answer = await fetch(address, { headers: { accept: "application/json" } });
      if (!answer.ok || answer.redirected) throw new Error(answer.status);
      found = await answer.json();
    } catch {
      line.textContent = "The map could not be loaded anew and may be out of date. Load the page again.";
      element.dataset.ready = "failed";
      return;
    }
    if (turn !== asked) return;
    for (const [one, features] of [
      [places, [...found.groups.map(group), ...found.places.map(mark)]],
      [circles, found.places.filter((place) => Number.isFinite(place.radius_m)).map(ring)],
      [around, zones(found.zones)],
    ]) {
      one.getSource().clear();
      one.getSource().addFeatures(features);
    }
    line.textContent = said(found);
    if (!fitted && found.box) {
      const whole = ol.proj.transformExtent(found.box, "EPSG:4326", "EPSG:3857");
      map.getView().fit(whole, { padding: [40, 40, 40, 40], maxZoom: 14 });
    }
    fitted = true;
    element.dataset.ready = "yes";
  };

  let settling;
  map.on("moveend", () => {
    clearTimeout(settling);
    if (fitted) settling = setTimeout(load, SETTLED_MS);
  });
  map.on("singleclick", (event) => {
    const opens = map.forEachFeatureAtPixel(event.pixel, (feature) => feature.get("opens") && feature);
    if (opens) map.getView().animate({ center: opens.getGeometry().getCoordinates(), zoom: map.getView().getZoom() + 2 });
  });
  load();
  const note = document.querySelector("[data-live-note]");
  if (note) note.hidden = false;
  setInterval(() => {
    if (!document.hidden && document.activeElement === document.body) location.reload();
  }, EACH_MS);
}
