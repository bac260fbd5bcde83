// One alert: the zone, the fixes in their 95 % circles with those the finding rests on filled, and
// the way between them, dotted where no fix came. What it shows comes from the address in data-map.
import { circle, dot, fit, label, layer, line, sheet, style, zones } from "./sheet.js";

const MAX_GAP_MS = 600_000;
const USED = "#0b0c0c";
const OTHER = "#1d70b8";

function areas(fixes) {
  return fixes.map((fix) => {
    const feature = new ol.Feature({ geometry: circle(fix.lon, fix.lat, fix.radius_m) });
    feature.setStyle(fix.used
      ? style(USED, "rgba(11,12,12,.14)", 2) : style(OTHER, "rgba(29,112,184,.06)", 1));
    return feature;
  });
}

function ways(fixes) {
  const features = [];
  for (let i = 1; i < fixes.length; i += 1) {
    const [a, b] = [fixes[i - 1], fixes[i]];
    const feature = new ol.Feature({ geometry: line([[a.lon, a.lat], [b.lon, b.lat]]) });
    feature.setStyle(b.at - a.at > MAX_GAP_MS
      ? style("#b3140b", undefined, 3, [2, 8]) : style("#505a5f", undefined, 1.5));
    features.push(feature);
  }
  return features;
}

function points(fixes) {
  return fixes.map((fix, i) => {
    const feature = new ol.Feature({ geometry: dot(fix.lon, fix.lat) });
    const last = i === fixes.length - 1;
    feature.setStyle(new ol.style.Style({
      zIndex: fix.used ? 1000 + i : i,
      image: new ol.style.Circle({ radius: fix.used ? 5 : 3, declutterMode: "none",
        fill: new ol.style.Fill({ color: fix.used ? USED : OTHER }),
        stroke: new ol.style.Stroke({ color: "#fff", width: 1 }) }),
      text: label(last ? `${fix.number} latest` : `${fix.number}`, "#0b0c0c", -13),
    }));
    return feature;
  }).reverse();
}

async function draw(element) {
  const answer = await fetch(element.dataset.map, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`${element.dataset.map}: ${answer.status}`);
  const found = await answer.json();
  const places = layer(zones(found.zones), { declutter: true });
  const used = found.fixes.filter((fix) => fix.used);
  const map = sheet(element, element.dataset.boroughs, [
    places, layer(areas(found.fixes)), layer(ways(found.fixes)),
    layer(points(found.fixes), { declutter: true }),
  ]);
  // To what the finding rests on; how he came there is a turn of the wheel away.
  const shown = used.length ? used : found.fixes;
  const extents = [layer(shown.map((fix) => new ol.Feature({ geometry: dot(fix.lon, fix.lat) })))]
    .map((one) => one.getSource().getExtent());
  if (used.length) extents.push(places.getSource().getExtent());
  map.once("rendercomplete", () => { element.dataset.drawn = "yes"; });
  fit(map, extents);
}

for (const element of document.querySelectorAll("[data-map]")) {
  draw(element).catch((error) => {
    element.textContent = "The map could not be drawn; the table says the same.";
    element.dataset.drawn = "no";
    console.error(error);
  });
}
