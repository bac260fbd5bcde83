// The last fix of everybody in scope; loads anew each minute while nobody works in the page.
import { circle, data, dot, fit, label, layer, sheet, style, zones } from "./sheet.js";

const COLOURS = { fresh: "#00703c", hour: "#f47738", old: "#505a5f" };
const EACH_MS = 60_000;

for (const element of document.querySelectorAll("[data-caseload]")) {
  const found = data(element.dataset.caseload);
  const near = found.places.filter((place) => Number.isFinite(place.radius_m));
  const circles = near.map((place) => {
    const feature = new ol.Feature({ geometry: circle(place.lon, place.lat, place.radius_m) });
    feature.setStyle(style(COLOURS[place.how], `${COLOURS[place.how]}22`, 2));
    return feature;
  });
  const dots = near.map((place) => {
    const feature = new ol.Feature({ geometry: dot(place.lon, place.lat) });
    feature.setStyle(new ol.style.Style({
      image: new ol.style.Circle({ radius: place.alerts ? 8 : 6, declutterMode: "none",
        fill: new ol.style.Fill({ color: COLOURS[place.how] }),
        stroke: new ol.style.Stroke({ color: place.alerts ? "#b3140b" : "#fff", width: place.alerts ? 4 : 2 }) }),
      text: label(`${place.name}, ${place.age}`, "#0b0c0c", -16),
    }));
    return feature;
  });
  const marks = layer(dots, { declutter: true });
  const map = sheet(element, found.boroughs, [layer(zones(found.zones)), layer(circles), marks]);
  fit(map, [marks.getSource().getExtent()], 14);
  element.dataset.ready = "yes";
  const note = document.querySelector("[data-live-note]");
  if (note) note.hidden = false;
  setInterval(() => {
    if (!document.hidden && document.activeElement === document.body) location.reload();
  }, EACH_MS);
}
