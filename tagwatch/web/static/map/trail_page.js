// The trail page: its map, the playback under it, and the rows of its tables, each marking the others.
import { circle, data, dot, fit, label, layer, line, sheet, style, zones } from "./sheet.js";
import { placed, trailLayer } from "./trail_canvas.js";
import { lastBefore, playback } from "./trail_play.js";

const NEAR_PX = 14;

function stopMarks(stops) {
  return stops.flatMap(([number, lon, lat, radius]) => {
    const around = new ol.Feature({ geometry: circle(lon, lat, Math.max(radius, 15)) });
    around.setStyle(style("#4c2c92", "rgba(76,44,146,.10)", 2));
    const name = new ol.Feature({ geometry: dot(lon, lat) });
    name.setStyle(new ol.style.Style({ text: label(`stop ${number}`, "#4c2c92", 16) }));
    return [around, name];
  });
}

const bold = (geometry, look) => {
  const feature = new ol.Feature({ geometry });
  feature.setStyle(look);
  return feature;
};

function follow(map, coordinate) {
  const view = map.getView();
  const [left, bottom, right, top] = view.calculateExtent(map.getSize());
  const [across, up] = [(right - left) * 0.05, (top - bottom) * 0.08];
  if (!ol.extent.containsCoordinate([left + across, bottom + up, right - across, top - up], coordinate)) {
    view.setCenter(coordinate);
  }
}

function rowOf(number, current) {
  for (const row of document.querySelectorAll("[data-fixes] tr[aria-current]")) row.removeAttribute("aria-current");
  const row = document.getElementById(`fix-${number}`);
  if (row && current) {
    row.setAttribute("aria-current", "true");
    const around = row.closest(".tw-scroll");
    around.scrollTop += row.getBoundingClientRect().top - around.getBoundingClientRect().top - around.clientHeight / 3;
  }
  return row;
}

function paper(map, element) {
  const sized = (on) => {
    element.classList.toggle("tw-map--paper", on || element.dataset.paper === "yes");
    map.updateSize();
    map.renderSync();
  };
  addEventListener("beforeprint", () => sized(true));
  addEventListener("afterprint", () => sized(false));
}

for (const element of document.querySelectorAll("[data-trail-page]")) {
  const found = data(element.dataset.trailPage);
  const fixes = placed(found);
  const [marked, under] = [layer([]), layer([])];
  const stops = layer(stopMarks(found.stops), { declutter: true });
  const map = sheet(element, found.boroughs, [
    layer(zones(found.zones), { declutter: true }), under, trailLayer(fixes, (said) => { element.dataset.gathered = said.join(" "); }), stops, marked,
  ]);
  const link = document.querySelector("[data-row-link]");
  if (element.classList.contains("tw-map--paper")) element.dataset.paper = "yes";

  const spot = (lon, lat, radius, words) => {
    const source = marked.getSource();
    source.clear();
    under.getSource().clear();
    source.addFeatures([
      bold(circle(lon, lat, Math.max(radius, 1)), style("#0b0c0c", "rgba(255,221,0,.35)", 4)),
      bold(dot(lon, lat), new ol.style.Style({
        image: new ol.style.Circle({ radius: 6, fill: new ol.style.Fill({ color: "#0b0c0c" }),
          stroke: new ol.style.Stroke({ color: "#fd0", width: 3 }) }),
        text: label(words, "#0b0c0c", 20) })),
    ]);
    follow(map, ol.proj.fromLonLat([lon, lat]));
  };
  const tell = (i) => {
    element.dataset.fix = i < 0 ? "" : fixes.numbers[i];
    const row = rowOf(element.dataset.fix, i >= 0);
    link.hidden = i < 0;
    if (i < 0) { marked.getSource().clear(); return; }
    link.textContent = `Fix ${fixes.numbers[i]} in the table`;
    link.href = row ? `#fix-${fixes.numbers[i]}` : `${link.dataset.to}&fix=${fixes.numbers[i]}#fix-${fixes.numbers[i]}`;
    spot(fixes.lon[i], fixes.lat[i], fixes.radius[i], `fix ${fixes.numbers[i]}`);
  };
  const player = playback(document.querySelector("[data-play]"), fixes, tell);

  const way = ({ from, to, lon, lat, radius }) => {
    const [first, last] = [Math.max(lastBefore(fixes.at, from), 0), Math.max(lastBefore(fixes.at, to), 0)];
    player.show(first);
    const end = Math.min(Math.max(last, first), fixes.count - 1);
    const places = [];
    for (let i = first; i <= end; i += 1) places.push([fixes.lon[i], fixes.lat[i]]);
    const drawn = lon === undefined
      ? line(places.length > 1 ? places : [places[0], places[0]]) : circle(lon, lat, Math.max(radius, 15));
    under.getSource().addFeature(bold(drawn, style("#ffdd00", lon === undefined ? undefined : "rgba(255,221,0,.3)", 9)));
    fit(map, [drawn.getExtent()]);
  };
  for (const button of document.querySelectorAll(".tw-pick")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const { pick, fix, at, lon, lat, radius } = button.dataset;
      if (pick) way(JSON.parse(pick));
      else {
        const i = lastBefore(fixes.numbers, Number(fix));
        // One that is not drawn has its place in its row.
        if (i >= 0 && fixes.numbers[i] === Number(fix)) player.show(i);
        else {
          player.stop();
          element.dataset.fix = fix;
          rowOf(fix, true);
          spot(Number(lon), Number(lat), Number(radius), `fix ${fix}`);
        }
      }
      element.scrollIntoView({ block: "nearest" });
    });
  }
  map.on("singleclick", (event) => {
    const reach = NEAR_PX * map.getView().getResolution();
    let [best, least] = [-1, reach];
    for (let i = 0; i < fixes.count; i += 1) {
      const far = Math.hypot(fixes.x[i] - event.coordinate[0], fixes.y[i] - event.coordinate[1]);
      if (far <= least) [best, least] = [i, far];
    }
    if (best >= 0) player.show(best);
  });
  // To the fixes, not their circles: one cell-tower fix would show all of London.
  const whole = ol.extent.createEmpty();
  for (let i = 0; i < fixes.count; i += 1) ol.extent.extendXY(whole, fixes.x[i], fixes.y[i]);
  fit(map, [whole]);
  paper(map, element);
  map.once("rendercomplete", () => {
    element.dataset.drawnMs = Math.round(performance.now());
    const chosen = document.querySelector("[data-fixes] tr[aria-current] .tw-pick");
    if (chosen) chosen.click();
    element.dataset.ready = "yes";
  });
}
