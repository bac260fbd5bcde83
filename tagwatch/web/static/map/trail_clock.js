// London time as the server reckons it: its offsets, not those of the browser's own tables.
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (number) => String(number).padStart(2, "0");

export function clockOf(offsets) {
  return (ms) => {
    const [, minutes] = offsets.findLast(([from]) => from <= ms) ?? offsets[0];
    const at = new Date(ms + minutes * 60_000);
    const zone = offsets.length > 1 ? ` (UTC+${minutes / 60})` : "";
    return `${DAYS[at.getUTCDay()]} ${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} `
      + `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}${zone}`;
  };
}

export function span(ms) {
  const all = Math.round(ms / 1000);
  for (const [size, name, smaller, small] of [[86400, "d", 3600, "h"], [3600, "h", 60, "min"], [60, "min", 1, "s"]]) {
    if (all < size) continue;
    const rest = Math.floor((all % size) / smaller);
    return `${Math.floor(all / size)} ${name}${rest ? ` ${rest} ${small}` : ""}`;
  }
  return `${all} s`;
}
