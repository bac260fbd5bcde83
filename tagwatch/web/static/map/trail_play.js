// The slider over the time of the window: which fix was the last then, how old it was, how well known.
import { clockOf, span } from "./trail_clock.js";

const calm = matchMedia("(prefers-reduced-motion: reduce)");

// The last fix at or before an instant; -1 before the first.
export function lastBefore(at, ms) {
  let [low, high] = [0, at.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at[middle] <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export function playback(element, fixes, marked) {
  const range = element.querySelector("input[type=range]");
  const said = element.querySelector("[data-said]");
  const status = element.querySelector("[data-status]");
  const play = element.querySelector("[data-do=play]");
  const speed = element.querySelector("select");
  const clock = clockOf(fixes.offsets);
  const seconds = Math.ceil((fixes.end - fixes.start) / 1000);
  let timer = 0;
  range.max = seconds;
  range.step = seconds > 8 * 86400 ? 600 : 60;
  range.value = seconds;
  element.hidden = false;

  const words = (ms, i) => {
    if (i < 0) return `${clock(ms)}: no fix yet in this time.`;
    const gap = fixes.isGap.has(i) && ms < fixes.at[i + 1] ? " In a gap: where he was is not known." : "";
    return `${clock(ms)}: fix ${fixes.numbers[i]} of ${clock(fixes.at[i])}, ${span(ms - fixes.at[i])} old, `
      + `within ${Math.round(fixes.radius[i])} m (95 %).${gap}`;
  };
  const tell = (ms, i, aloud) => {
    const now = words(ms, i);
    said.textContent = now;
    range.setAttribute("aria-valuetext", now);
    if (aloud) status.textContent = now;
    marked(i, ms);
  };
  const moved = () => {
    const ms = Math.min(fixes.start + range.valueAsNumber * 1000, fixes.end);
    tell(ms, lastBefore(fixes.at, ms), false);
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
  };
  // Where motion is not wanted it goes in steps of a second, each a still picture.
  const run = () => {
    if (range.valueAsNumber >= Number(range.max)) range.value = 0;
    const each = calm.matches ? 1000 : 100;
    let ms = range.valueAsNumber * 1000;
    play.textContent = "Pause";
    timer = setInterval(() => {
      ms += (Number(speed.value) * each);
      range.value = Math.ceil(ms / 1000);
      const now = Math.min(fixes.start + ms, fixes.end);
      tell(now, lastBefore(fixes.at, now), false);
      if (now >= fixes.end) stop();
    }, each);
  };
  // To the fix with this place among those drawn, at its own time.
  const show = (i) => {
    stop();
    range.value = Math.round((fixes.at[i] - fixes.start) / 1000);
    tell(fixes.at[i], i, true);
  };
  const step = (by) => {
    const ms = fixes.start + range.valueAsNumber * 1000;
    const here = by > 0 ? lastBefore(fixes.at, ms + 500) : lastBefore(fixes.at, ms - 500) + 1;
    show(Math.min(Math.max(here + by, 0), fixes.count - 1));
  };
  range.addEventListener("input", () => { stop(); moved(); });
  play.addEventListener("click", () => (timer ? stop() : run()));
  element.querySelector("[data-do=back]").addEventListener("click", () => step(-1));
  element.querySelector("[data-do=next]").addEventListener("click", () => step(1));
  said.textContent = words(fixes.end, fixes.count - 1);
  range.setAttribute("aria-valuetext", said.textContent);
  return { show, stop };
}
