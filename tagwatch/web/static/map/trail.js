// One wearer's trail: numbered fixes in their 95 % circles, gaps dotted, zones in force.
import { circle, data, dot, fit, label, layer, line, sheet, style, zones } from "./sheet.js";

const MANY = 150;

function between(fixes, gaps) {
  const features = [];
  for (let i = 1; i < fixes.length; i += 1) {
    const [a, b] = [fixes[i - 1], fixes[i]];
    const gap = gaps.has(a.number);
    const feature = new ol.Feature({ geometry: line([[a.lon, a.lat], [b.lon, b.lat]]) });
    const looks = [gap ? style("#b3140b", undefined, 3, [2, 8]) : style("#383f43", undefined, 1.5)];
    const [x1, y1, x2, y2] = feature.getGeometry().getFlatCoordinates();
    if (gap && Math.hypot(x2 - x1, y2 - y1) > 300) looks[0].setText(label("not the actual route", "#b3140b"));
    feature.setStyle(looks);
    features.push(feature);
  }
  return features;
}

function arrows(fixes, gaps) {
  const features = [];
  for (let i = 1; i < fixes.length; i += 1) {
    const [a, b] = [fixes[i - 1], fixes[i]];
    const [x1, y1, x2, y2] = line([[a.lon, a.lat], [b.lon, b.lat]]).getFlatCoordinates();
    if (gaps.has(a.number) || Math.hypot(x2 - x1, y2 - y1) < 60) continue;
    const feature = new ol.Feature({ geometry: new ol.geom.Point([(x1 + x2) / 2, (y1 + y2) / 2]) });
    feature.setStyle(new ol.style.Style({ image: new ol.style.RegularShape({
      points: 3, radius: 6, rotation: Math.atan2(x2 - x1, y2 - y1), rotateWithView: true,
      declutterMode: "declutter", fill: new ol.style.Fill({ color: "#0b0c0c" }) }) }));
    features.push(feature);
  }
  return features;
}

function circles(fixes) {
  const faint = fixes.length > MANY;
  return fixes.map((fix) => {
    const feature = new ol.Feature({ geometry: circle(fix.lon, fix.lat, fix.radius_m) });
    feature.setStyle(fix.decides
      ? style(faint ? "rgba(29,112,184,.45)" : "#1d70b8", `rgba(29,112,184,${faint ? 0.04 : 0.12})`, faint ? 1 : 2)
      : style("#505a5f", undefined, 1.5, [4, 4]));
    return feature;
  });
}

function numbers(fixes) {
  return fixes.map((fix, i) => {
    const feature = new ol.Feature({ geometry: dot(fix.lon, fix.lat) });
    const last = i === fixes.length - 1;
    feature.setStyle(new ol.style.Style({
      zIndex: i,
      image: new ol.style.Circle({ radius: last ? 6 : 2.5, declutterMode: "none",
        fill: new ol.style.Fill({ color: last ? "#0b0c0c" : "#1d70b8" }) }),
      text: label(last ? `${fix.number} latest` : `${fix.number}`, "#0b0c0c", -12),
    }));
    return feature;
  }).reverse();
}

for (const element of document.querySelectorAll("[data-trail]")) {
  const found = data(element.dataset.trail);
  const gaps = new Set(found.gaps);
  const area = layer(circles(found.fixes));
  const places = layer(zones(found.zones), { declutter: true });
  const marks = layer(numbers(found.fixes), { declutter: true });
  const map = sheet(element, found.boroughs, [
    places, area, layer(between(found.fixes, gaps), { declutter: true }),
    layer(arrows(found.fixes, gaps), { declutter: true }), marks,
  ]);
  // To the fixes, not their circles: one cell-tower fix would show all of London.
  fit(map, [marks.getSource().getExtent()]);
  element.dataset.ready = "yes";
}
