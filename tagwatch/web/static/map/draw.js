// Draws a zone (outline or circle) or chooses an address, and writes it into the form's fields.
import { circle, fit, layer, sheet, style } from "./sheet.js";

const look = style("#b3140b", "rgba(179,20,11,.15)", 3);
const input = (name) => document.getElementById(name);
const format = new ol.format.GeoJSON();
const earth = { featureProjection: "EPSG:3857", decimals: 6 };

function shown() {
  const [lat, lon, radius] = ["lat", "lon", "radius"].map((name) => Number.parseFloat(input(name).value));
  if ([lat, lon, radius].every(Number.isFinite)) return circle(lon, lat, radius);
  const text = input("shape")?.value.trim();
  if (!text) return null;
  try {
    const found = format.readFeatures(JSON.parse(text), earth).map((f) => f.getGeometry());
    return new ol.geom.GeometryCollection(found);
  } catch {
    return null;
  }
}

for (const element of document.querySelectorAll("[data-draw]")) {
  element.hidden = false;
  const place = element.dataset.draw === "place";
  const status = element.querySelector("[data-status]");
  const drawn = layer([], { style: look });
  const source = drawn.getSource();
  const map = sheet(element.querySelector(".tw-map"), element.dataset.boroughs, [drawn]);
  let tool = null;

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
    const values = { lat: lat.toFixed(6), lon: lon.toFixed(6), shape: "" };
    if (radius !== undefined) values.radius = Math.max(10, radius * Math.cos((lat * Math.PI) / 180)).toFixed(0);
    write(values);
  };
  const take = (geometry) => {
    if (geometry instanceof ol.geom.Circle) {
      put(geometry.getCenter(), geometry.getRadius());
      status.textContent = `Circle drawn, radius ${input("radius").value} metres.`;
    } else {
      write({ lat: "", lon: "", radius: "", shape: JSON.stringify(format.writeGeometryObject(geometry, earth)) });
      status.textContent = `Outline drawn: ${(ol.sphere.getArea(geometry) / 1e6).toFixed(3)} square kilometres.`;
    }
    setTimeout(refresh);
  };
  const choose = (kind) => {
    if (tool) map.removeInteraction(tool);
    tool = null;
    if (kind === "clear") {
      write({ lat: "", lon: "", radius: "", shape: "" });
      status.textContent = "Cleared.";
      refresh();
      return;
    }
    tool = new ol.interaction.Draw({ source: new ol.source.Vector(), type: kind, style: undefined });
    tool.on("drawend", (event) => { take(event.feature.getGeometry()); setTimeout(() => choose_none()); });
    map.addInteraction(tool);
    status.textContent = kind === "Circle"
      ? "Click the middle, then a place on the edge." : "Click each corner; a double click ends the outline.";
  };
  const choose_none = () => { if (tool) map.removeInteraction(tool); tool = null; };

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
