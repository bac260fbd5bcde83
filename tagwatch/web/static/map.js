// Every map: fixes with their 95 % circles, gaps dotted, zones. What it shows comes as data from
// the address in data-map; nothing is drawn that the answer does not hold.
const MAX_GAP_S = 600;
const COLOURS = { line: "#1d3c5c", used: "#b3140b", zone: "#6f2c91", borough: "#505a5f" };

async function get(address) {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

const at = (lon, lat) => ol.proj.fromLonLat([lon, lat]);

function circle(lon, lat, radius_m) {
  return ol.geom.Polygon.fromCircle
    ? ol.geom.Polygon.fromCircle(new ol.geom.Circle(at(lon, lat), radius_m / Math.cos((lat * Math.PI) / 180)), 64)
    : new ol.geom.Circle(at(lon, lat), radius_m / Math.cos((lat * Math.PI) / 180));
}

function zone(feature) {
  const radius = feature.properties?.radius_m;
  if (feature.geometry.type === "Point") {
    const [lon, lat] = feature.geometry.coordinates;
    return new ol.Feature({ geometry: circle(lon, lat, radius), label: feature.properties?.label });
  }
  const geometry = new ol.format.GeoJSON().readGeometry(feature.geometry, { featureProjection: "EPSG:3857" });
  return new ol.Feature({ geometry, label: feature.properties?.label });
}

const stroke = (color, width, lineDash) => new ol.style.Stroke({ color, width, lineDash });
const fill = (color) => new ol.style.Fill({ color });
const words = (text, color) => new ol.style.Text({ text, font: "bold 13px arial", fill: fill(color), stroke: stroke("#fff", 3), overflow: true });

function boroughs(data) {
  return new ol.layer.Vector({
    source: new ol.source.Vector({ features: new ol.format.GeoJSON().readFeatures(data, { featureProjection: "EPSG:3857" }) }),
    style: (feature, resolution) => new ol.style.Style({
      stroke: stroke(COLOURS.borough, 1), fill: fill("#fbfaf7"),
      text: resolution < 120 ? new ol.style.Text({ text: feature.get("name"), font: "12px arial", fill: fill("#505a5f") }) : undefined,
    }),
  });
}

function fixes(list) {
  const features = [];
  list.forEach((fix, n) => {
    if (fix.radius_m !== null) {
      const shape = new ol.Feature({ geometry: circle(fix.lon, fix.lat, fix.radius_m) });
      shape.setStyle(new ol.style.Style({ stroke: stroke(fix.used ? COLOURS.used : COLOURS.line, fix.used ? 2 : 1), fill: fill(fix.used ? "rgba(179,20,11,.15)" : "rgba(29,60,92,.06)") }));
      features.push(shape);
    }
    const point = new ol.Feature({ geometry: new ol.geom.Point(at(fix.lon, fix.lat)) });
    point.setStyle(new ol.style.Style({
      image: new ol.style.Circle({ radius: fix.used ? 5 : 3, fill: fill(fix.used ? COLOURS.used : COLOURS.line), stroke: stroke("#fff", 1) }),
      text: fix.label ? new ol.style.Text({ text: String(fix.label), font: "bold 12px arial", offsetY: -12, fill: fill("#0b0c0c"), stroke: stroke("#fff", 3) }) : undefined,
      zIndex: 10,
    }));
    features.push(point);
    const next = list[n + 1];
    if (next && next.who === fix.who) {
      const gap = (next.at - fix.at) / 1000 > MAX_GAP_S;
      const line = new ol.Feature({ geometry: new ol.geom.LineString([at(fix.lon, fix.lat), at(next.lon, next.lat)]) });
      line.setStyle(new ol.style.Style({ stroke: gap ? stroke("#505a5f", 1, [2, 6]) : stroke(COLOURS.line, 2) }));
      features.push(line);
    }
  });
  return new ol.layer.Vector({ source: new ol.source.Vector({ features }) });
}

async function draw(element) {
  const [ground, data] = await Promise.all([get("/static/map/boroughs.geojson"), get(element.dataset.map)]);
  const zones = new ol.layer.Vector({
    source: new ol.source.Vector({ features: data.zones.map(zone) }),
    style: (feature) => new ol.style.Style({ stroke: stroke(COLOURS.zone, 2), fill: fill("rgba(111,44,145,.12)"), text: words(feature.get("label") || "", COLOURS.zone) }),
  });
  const seen = fixes(data.fixes);
  const map = new ol.Map({
    target: element,
    layers: [boroughs(ground), zones, seen],
    view: new ol.View({ center: at(-0.118, 51.509), zoom: 10, maxZoom: 19 }),
    controls: [new ol.control.Zoom(), new ol.control.ScaleLine()],
  });
  const extent = ol.extent.createEmpty();
  for (const layer of [zones, seen]) if (layer.getSource().getFeatures().length) ol.extent.extend(extent, layer.getSource().getExtent());
  if (!ol.extent.isEmpty(extent)) map.getView().fit(extent, { padding: [30, 30, 30, 30], maxZoom: 17 });
  map.once("rendercomplete", () => { element.dataset.drawn = "yes"; });
}

for (const element of document.querySelectorAll("[data-map]")) {
  draw(element).catch((error) => {
    element.textContent = "The map could not be drawn; the table says the same.";
    element.dataset.drawn = "no";
    console.error(error);
  });
}
