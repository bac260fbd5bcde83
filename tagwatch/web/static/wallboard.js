// The board on the wall loads itself anew; when it cannot, it says so instead of standing still.
const EVERY_MS = 5000;
let failed = 0;

async function renew() {
  try {
    const answer = await fetch("/wallboard", { headers: { accept: "text/html" } });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const made = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelector(".tw-wall").replaceWith(made.querySelector(".tw-wall"));
    failed = 0;
  } catch {
    failed += 1;
    const head = document.querySelector(".tw-wall__head");
    head.textContent = `This board is ${failed * EVERY_MS / 1000} s old: the centre does not answer.`;
    document.querySelector(".tw-wall").classList.add("tw-wall--stale");
  }
}

setInterval(renew, EVERY_MS);
