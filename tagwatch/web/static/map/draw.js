// Draws a zone (outline with holes and parts, or circle) or chooses an address, into the form's fields.
import { circle, fit, layer, sheet, style } from "./sheet.js";

const look = style("#b3140b", "rgba(179,20,11,.15)", 3);
const input = (name) => document.getElementById(name);
const format = new ol.format.GeoJSON();
const earth = { featureProjection: "EPSG:3857", decimals: 6, rightHanded: true };
const HINTS = {
  Circle: "Click the middle, then a place on the edge.",
  Polygon: "Click each corner; a double click ends the outline.",
  part: "Draw another part: click each corner; a double click ends it.",
  hole: "Draw the hole within the outline: click each corner; a double click ends it.",
  move: "Drag a corner, or a place on an edge to make a new corner. Choose another tool to end.",
};

// The polygons of what is drawn, each a list of rings; a circle becomes an outline.
function parts(geometry) {
  if (geometry instanceof ol.geom.MultiPolygon) return geometry.getCoordinates();
  return geometry instanceof ol.geom.Polygon ? [geometry.getCoordinates()] : [];
}

const joined = (polygons) => polygons.length === 1
  ? new ol.geom.Polygon(polygons[0]) : new ol.geom.MultiPolygon(polygons);

function outline() {
  const text = input("shape")?.value.trim();
  if (!text) return null;
  try {
    const found = format.readFeatures(JSON.parse(text), earth).flatMap((f) => parts(f.getGeometry()));
    return found.length ? joined(found) : null;
  } catch {
    return null;
  }
}

function round() {
  const [lat, lon, radius] = ["lat", "lon", "radius"].map((name) => Number.parseFloat(input(name).value));
  return [lat, lon, radius].every(Number.isFinite) ? circle(lon, lat, radius) : null;
}

for (const element of document.querySelectorAll("[data-draw]")) {
  element.hidden = false;
  const place = element.dataset.draw === "place";
  const status = element.querySelector("[data-status]");
  const drawn = layer([], { style: look });
  const source = drawn.getSource();
  const map = sheet(element.querySelector(".tw-map"), element.dataset.boroughs, [drawn]);
  let tool = null;

  // A zone is a circle or an outline; where he must be has an address, and perhaps an outline too.
  const shown = () => place ? outline() ?? round() : round() ?? outline();
  const refresh = () => {
    source.clear();
    const geometry = shown();
    if (geometry) source.addFeature(new ol.Feature({ geometry }));
    return geometry;
  };
  const write = (values) => {
    for (const [name, value] of Object.entries(values)) if (input(name)) input(name).value = value;
  };
  const put = ([x, y], radius) => {
    const [lon, lat] = ol.proj.toLonLat([x, y]);
    const values = { lat: lat.toFixed(6), lon: lon.toFixed(6) };
    if (!place) values.shape = "";
    if (radius !== undefined) values.radius = Math.max(10, radius * Math.cos((lat * Math.PI) / 180)).toFixed(0);
    write(values);
  };
  const save = (geometry) => {
    const values = { shape: JSON.stringify(format.writeGeometryObject(geometry, earth)) };
    if (!place) Object.assign(values, { lat: "", lon: "", radius: "" });
    else if (!input("lat").value) put((geometry.getPolygons?.()[0] ?? geometry).getInteriorPoint().getCoordinates());
    write(values);
    const all = parts(geometry);
    const holes = all.reduce((sum, rings) => sum + rings.length - 1, 0);
    status.textContent = `Outline drawn: ${(ol.sphere.getArea(geometry) / 1e6).toFixed(3)} square kilometres`
      + `${all.length > 1 ? `, ${all.length} parts` : ""}${holes ? `, holes: ${holes}` : ""}.`;
  };
  const cut = (ring) => {
    const held = parts(shown());
    const around = held.find((rings) => {
      const whole = new ol.geom.Polygon(rings);
      return ring.every((corner) => whole.intersectsCoordinate(corner));
    });
    if (!around) {
      status.textContent = "A hole must lie within one part of the outline. Draw it anew.";
      return;
    }
    around.push(ring);
    save(joined(held));
  };
  const take = (kind, geometry) => {
    if (kind === "Circle") {
      put(geometry.getCenter(), geometry.getRadius());
      status.textContent = `Circle drawn, radius ${input("radius").value} metres.`;
    } else if (kind === "hole") cut(geometry.getCoordinates()[0]);
    else save(kind === "part" ? joined([...parts(shown()), geometry.getCoordinates()]) : geometry);
    setTimeout(refresh);
  };
  const drop = () => { if (tool) map.removeInteraction(tool); tool = null; };
  const choose = (kind) => {
    drop();
    if (kind === "clear") {
      write(place ? { shape: "" } : { lat: "", lon: "", radius: "", shape: "" });
      status.textContent = "Cleared.";
      refresh();
      return;
    }
    if (["hole", "move"].includes(kind) && !parts(shown()).length) {
      status.textContent = "Draw an outline first.";
      return;
    }
    if (kind === "move") {
      tool = new ol.interaction.Modify({ source });
      tool.on("modifyend", () => save(source.getFeatures()[0].getGeometry()));
    } else {
      const type = kind === "Circle" ? "Circle" : "Polygon";
      tool = new ol.interaction.Draw({ source: new ol.source.Vector(), type, style: undefined });
      tool.on("drawend", (event) => { take(kind, event.feature.getGeometry()); setTimeout(drop); });
    }
    map.addInteraction(tool);
    status.textContent = HINTS[kind];
  };

  for (const button of element.querySelectorAll("[data-tool]")) {
    button.addEventListener("click", () => choose(button.dataset.tool));
  }
  element.querySelector("[data-file]")?.addEventListener("change", async (event) => {
    const file = event.target.files[0];
    if (!file) return;
    write({ lat: "", lon: "", radius: "", shape: await file.text() });
    const geometry = refresh();
    status.textContent = geometry ? "Outline taken from the file." : "This file is not GeoJSON.";
    if (geometry) fit(map, [geometry.getExtent()]);
  });
  if (place) {
    map.on("singleclick", (event) => {
      if (tool) return;
      put(event.coordinate);
      refresh();
      status.textContent = `Address at ${input("lat").value}, ${input("lon").value}.`;
    });
  }
  for (const name of ["lat", "lon", "radius", "shape"]) input(name)?.addEventListener("change", refresh);
  // Open where there are no scripts, or something typed was wrong.
  const typed = document.querySelector("[data-typed]");
  if (typed && !typed.dataset.typed) typed.open = false;
  const first = refresh();
  if (first) fit(map, [first.getExtent()], 15);
  element.dataset.ready = "yes";
}
