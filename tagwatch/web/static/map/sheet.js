// What every map stands on: boroughs and the Thames without streets, metre-true circles, zones, fitting the view.
const project = (lon, lat) => ol.proj.fromLonLat([lon, lat]);

export const style = (stroke, fill, width = 2, dash = undefined) =>
  new ol.style.Style({
    stroke: stroke && new ol.style.Stroke({ color: stroke, width, lineDash: dash }),
    fill: fill && new ol.style.Fill({ color: fill }),
  });

export const label = (text, color = "#0b0c0c", offsetY = 0) =>
  new ol.style.Text({
    text, offsetY, font: "bold 13px arial, sans-serif", overflow: true,
    fill: new ol.style.Fill({ color }), stroke: new ol.style.Stroke({ color: "#fff", width: 4 }),
  });

// A circle of so many metres over the ground, which is larger in projected units.
export const circle = (lon, lat, radius_m) =>
  ol.geom.Polygon.fromCircle(
    new ol.geom.Circle(project(lon, lat), radius_m / Math.cos((lat * Math.PI) / 180)), 48);

export const dot = (lon, lat) => new ol.geom.Point(project(lon, lat));
export const line = (places) => new ol.geom.LineString(places.map(([lon, lat]) => project(lon, lat)));

export function layer(features, options = {}) {
  return new ol.layer.Vector({ source: new ol.source.Vector({ features }), ...options });
}

const WATER = "#c5dff0";

function basemap(address) {
  const source = new ol.source.Vector({ url: address, format: new ol.format.GeoJSON() });
  const land = style("#8f9296", "#ffffff", 1);
  const water = style(undefined, WATER);
  const name = label("", "#505a5f");
  name.setFont("13px arial, sans-serif");
  return new ol.layer.Vector({
    source, declutter: true,
    style: (feature, resolution) => {
      const look = feature.get("water") ? water : land;
      look.setZIndex(feature.get("water") ? 1 : 0);
      name.setText(feature.get("name"));
      name.getFill().setColor(feature.get("water") ? "#1d5b86" : "#505a5f");
      look.setText(resolution < 120 ? name.clone() : undefined);
      return look;
    },
  });
}

export function sheet(element, boroughs, layers) {
  const view = new ol.View({ center: project(-0.12, 51.5), zoom: 10, maxZoom: 19 });
  const map = new ol.Map({
    target: element, view, layers: [basemap(boroughs), ...layers],
    controls: ol.control.defaults.defaults().extend([new ol.control.ScaleLine()]),
    keyboardEventTarget: element,
  });
  return map;
}

export function fit(map, extents, maxZoom = 16) {
  const whole = ol.extent.createEmpty();
  for (const extent of extents) if (!ol.extent.isEmpty(extent)) ol.extent.extend(whole, extent);
  if (!ol.extent.isEmpty(whole)) map.getView().fit(whole, { padding: [40, 40, 40, 40], maxZoom });
}

// Zones as the server gives them: GeoJSON Features, a disc being a Point with radius_m.
export function zones(list) {
  const format = new ol.format.GeoJSON();
  const features = [];
  for (const zone of list) {
    const { label: text, kind, buffer_m, radius_m } = zone.properties;
    const point = zone.geometry.type === "Point";
    const [lon, lat] = point ? zone.geometry.coordinates : [0, 0];
    const geometry = point
      ? circle(lon, lat, radius_m)
      : format.readGeometry(zone.geometry, { featureProjection: "EPSG:3857" });
    const colour = kind === "curfew" ? ["#00703c", "rgba(0,112,60,.12)"] : ["#b3140b", "rgba(179,20,11,.14)"];
    const area = new ol.Feature({ geometry });
    const look = style(...colour);
    if (text) look.setText(label(text, colour[0]));
    area.setStyle(look);
    features.push(area);
    if (buffer_m && point) {
      const ring = new ol.Feature({ geometry: circle(lon, lat, radius_m + buffer_m) });
      ring.setStyle(style(colour[0], undefined, 1.5, [6, 5]));
      features.push(ring);
    }
  }
  return features;
}

export const data = (id) => {
  const element = document.getElementById(id);
  return { ...JSON.parse(element.textContent), boroughs: element.dataset.boroughs };
};
