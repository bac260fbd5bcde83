// One answer: the place asked about, and the fixes that say most of it in their 95 % circles.
import { circle, data, dot, fit, label, layer, sheet, style } from "./sheet.js";

const FOR = "#0b0c0c";
const OTHER = "#1d70b8";
const MANY = 80;

function place(found) {
  const point = found.geometry.type === "Point";
  const geometry = point
    ? circle(...found.geometry.coordinates, found.properties.radius_m)
    : new ol.format.GeoJSON().readGeometry(found.geometry, { featureProjection: "EPSG:3857" });
  const feature = new ol.Feature({ geometry });
  const look = style("#4c2c92", "rgba(76,44,146,.10)", 3, [8, 5]);
  look.setText(label(found.properties?.label ?? "asked about", "#4c2c92"));
  feature.setStyle(look);
  return feature;
}

function circles(fixes) {
  return fixes.map((fix) => {
    const feature = new ol.Feature({ geometry: circle(fix.lon, fix.lat, fix.radius_m) });
    feature.setStyle(fix.speaks_for
      ? style(FOR, "rgba(11,12,12,.10)", 2)
      : style(OTHER, fixes.length > MANY ? undefined : "rgba(29,112,184,.06)", 1));
    return feature;
  });
}

function numbers(fixes) {
  return fixes.map((fix) => {
    const feature = new ol.Feature({ geometry: dot(fix.lon, fix.lat) });
    feature.setStyle(new ol.style.Style({
      zIndex: fix.speaks_for ? 1000 : 0,
      image: new ol.style.Circle({ radius: 3, declutterMode: "none",
        fill: new ol.style.Fill({ color: fix.speaks_for ? FOR : OTHER }) }),
      text: label(`${fix.number}`, FOR, -12),
    }));
    return feature;
  });
}

for (const element of document.querySelectorAll("[data-question]")) {
  const found = data(element.dataset.question);
  const asked = layer(found.place ? [place(found.place)] : []);
  const marks = layer(numbers(found.fixes), { declutter: true });
  const map = sheet(element, found.boroughs, [asked, layer(circles(found.fixes)), marks]);
  const shown = found.fixes.filter((fix) => fix.speaks_for);
  const near = layer((shown.length ? shown : found.fixes).map((fix) =>
    new ol.Feature({ geometry: dot(fix.lon, fix.lat) })));
  fit(map, [asked.getSource().getExtent(), near.getSource().getExtent()]);
  element.dataset.ready = "yes";
}
