// Ten thousand fixes and more, drawn by hand on one canvas: features of their own would take seconds.
const INK = "#0b0c0c", BLUE = "#1d70b8", RED = "#b3140b", GREY = "#505a5f";
const FEW = 150, CHUNK = 400, CELL = 140, LINE = 15, ARROW_EACH = 44, EACH = 30;

// The columns of the page, with places in the map's own units and radii that are true over the ground.
export function placed(found) {
  const count = found.at.length;
  const [x, y, r] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  for (let i = 0; i < count; i += 1) {
    [x[i], y[i]] = ol.proj.fromLonLat([found.lon[i], found.lat[i]]);
    r[i] = found.radius[i] / Math.cos((found.lat[i] * Math.PI) / 180);
  }
  return { ...found, count, x, y, r, isOdd: new Set(found.odd), isGap: new Set(found.gaps) };
}

function circles(pen, view, fixes, seen) {
  const few = seen.length <= FEW;
  pen.lineWidth = (few ? 2 : 1) * view.ratio;
  for (const odd of [false, true]) {
    pen.strokeStyle = odd ? GREY : few ? BLUE : "rgba(29,112,184,.4)";
    pen.fillStyle = "rgba(29,112,184,.12)";
    pen.setLineDash(odd ? [4 * view.ratio, 4 * view.ratio] : []);
    let held = 0;
    pen.beginPath();
    for (const i of seen) {
      const radius = fixes.r[i] * view.scale;
      if (fixes.isOdd.has(i) !== odd || radius < 2) continue;
      const [x, y] = view.at(i);
      pen.moveTo(x + radius, y);
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      held += 1;
      if (few || held % CHUNK === 0) {
        if (few && !odd) pen.fill();
        pen.stroke();
        pen.beginPath();
      }
    }
    pen.stroke();
  }
  pen.setLineDash([]);
}

function lines(pen, view, fixes) {
  const arrows = [], words = [], taken = new Set();
  const through = (gap, look) => {
    look();
    pen.beginPath();
    for (let i = 1; i < fixes.count; i += 1) {
      if (fixes.isGap.has(i - 1) !== gap) continue;
      const [x1, y1, x2, y2] = [...view.at(i - 1), ...view.at(i)];
      if (Math.max(x1, x2) < 0 || Math.min(x1, x2) > view.width || Math.max(y1, y2) < 0 || Math.min(y1, y2) > view.height) continue;
      pen.moveTo(x1, y1);
      pen.lineTo(x2, y2);
      const length = Math.hypot(x2 - x1, y2 - y1) / view.ratio;
      const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
      if (gap ? length > 150 : length > 24) {
        const cell = `${Math.round(x / ARROW_EACH / view.ratio)},${Math.round(y / ARROW_EACH / view.ratio)}`;
        if (gap) words.push([x, y]);
        else if (!taken.has(cell)) arrows.push([x, y, Math.atan2(y2 - y1, x2 - x1)]);
        taken.add(cell);
      }
    }
    pen.stroke();
  };
  through(false, () => { pen.strokeStyle = "#383f43"; pen.lineWidth = 1.5 * view.ratio; pen.setLineDash([]); });
  through(true, () => { pen.strokeStyle = RED; pen.lineWidth = 3 * view.ratio; pen.lineCap = "round"; pen.setLineDash([1, 8 * view.ratio]); });
  pen.setLineDash([]);
  pen.lineCap = "butt";
  pen.fillStyle = INK;
  for (const [x, y, turn] of arrows) {
    const size = 6 * view.ratio;
    pen.beginPath();
    for (const [angle, far] of [[0, 1.2], [2.5, 1], [-2.5, 1]]) {
      pen.lineTo(x + far * size * Math.cos(turn + angle), y + far * size * Math.sin(turn + angle));
    }
    pen.fill();
  }
  return words;
}

function text(pen, view, words, x, y, colour) {
  pen.strokeStyle = "#fff";
  pen.lineWidth = 4 * view.ratio;
  pen.lineJoin = "round";
  pen.strokeText(words, x, y);
  pen.fillStyle = colour;
  pen.fillText(words, x, y);
}

function dots(pen, view, fixes, seen) {
  pen.fillStyle = BLUE;
  const size = (seen.length > FEW ? 4 : 5) * view.ratio;
  for (const i of seen) {
    const [x, y] = view.at(i);
    pen.fillRect(x - size / 2, y - size / 2, size, size);
  }
  const last = fixes.count - 1;
  pen.fillStyle = INK;
  pen.beginPath();
  pen.arc(...view.at(last), 6 * view.ratio, 0, 2 * Math.PI);
  pen.fill();
}

// Which words still have room: a box that would touch one already there goes without.
function room() {
  const held = new Map();
  const cells = (x, y) => [-1, 0, 1].flatMap((dx) => [-1, 0, 1].map((dy) => `${Math.floor(x / CELL) + dx},${Math.floor(y / CELL) + dy}`));
  return (x, y, width) => {
    for (const cell of cells(x, y)) {
      for (const [ox, oy, ow] of held.get(cell) ?? []) {
        if (Math.abs(ox - x) < (ow + width) / 2 + 4 && Math.abs(oy - y) < LINE) return false;
      }
    }
    const own = `${Math.floor(x / CELL)},${Math.floor(y / CELL)}`;
    held.set(own, [...(held.get(own) ?? []), [x, y, width]]);
    return true;
  };
}

// At a stop the numbers lie on top of each other: together they are said once, as "12–31", until the map
// is so near that each has room of its own.
function gathered(pen, view, fixes, free) {
  const held = new Set(), said = [];
  for (const [, , , , first, last] of fixes.stops) {
    if (last - first < 2) continue;
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = first; i <= last; i += 1) {
      const [x, y] = view.at(i);
      [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
    }
    const each = EACH * view.ratio;
    if ((right - left + each) * (bottom - top + each) >= (last - first + 1) * each * each) continue;
    for (let i = first; i <= last; i += 1) held.add(i);
    if (right < 0 || left > view.width || bottom < 0 || top > view.height) continue;
    const latest = last === fixes.count - 1 ? " latest" : "";
    const words = `${fixes.numbers[first]}–${fixes.numbers[last]}${latest}`;
    const [x, y] = [(left + right) / 2, top - 11 * view.ratio];
    if (!free(x / view.ratio, y / view.ratio, 7 * words.length)) continue;
    text(pen, view, words, x, y, INK);
    said.push(words);
  }
  return { held, said };
}

// The latest first: where two would touch, the earlier one goes without.
function numbers(pen, view, fixes, seen, free, held) {
  for (let k = seen.length - 1; k >= 0; k -= 1) {
    const i = seen[k];
    if (held.has(i)) continue;
    const [x, y] = view.at(i);
    const words = i === fixes.count - 1 ? `${fixes.numbers[i]} latest` : `${fixes.numbers[i]}`;
    const up = 11 * view.ratio;
    if (free(x / view.ratio, (y - up) / view.ratio, 7 * words.length)) text(pen, view, words, x, y - up, INK);
  }
}

// `told` is given the labels of stops whose fixes are said once.
export function trailLayer(fixes, told) {
  const canvas = document.createElement("canvas");
  const draw = (extent, resolution, ratio, size) => {
    [canvas.width, canvas.height] = size;
    const pen = canvas.getContext("2d");
    const scale = ratio / resolution;
    const view = {
      ratio, scale, width: size[0], height: size[1],
      at: (i) => [(fixes.x[i] - extent[0]) * scale, (extent[3] - fixes.y[i]) * scale],
    };
    const seen = [];
    for (let i = 0; i < fixes.count; i += 1) {
      const [x, y] = view.at(i);
      const far = fixes.r[i] * scale;
      if (x > -far && y > -far && x < size[0] + far && y < size[1] + far) seen.push(i);
    }
    circles(pen, view, fixes, seen);
    const words = lines(pen, view, fixes);
    dots(pen, view, fixes, seen);
    pen.font = `bold ${12 * ratio}px arial, sans-serif`;
    pen.textAlign = "center";
    const free = room();
    for (const [x, y] of words) {
      if (free(x / ratio, y / ratio, 130)) text(pen, view, "not the actual route", x, y, RED);
    }
    const { held, said } = gathered(pen, view, fixes, free);
    numbers(pen, view, fixes, seen, free, held);
    told(said);
    return canvas;
  };
  const source = new ol.source.ImageCanvas({ canvasFunction: draw, ratio: 1, projection: "EPSG:3857" });
  return new ol.layer.Image({ source });
}
