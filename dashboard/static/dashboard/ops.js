/* Keys of the staff pages: J and K move, X selects, Enter or O opens, / finds. Lists keep themselves fresh. Everything works without. */
const rows = () => [...document.querySelectorAll("[data-row]")];
const current = () => document.querySelector("[data-row][aria-current]");
const boxes = () => [...document.querySelectorAll("[data-row] input[type=checkbox]")];
const bulk = document.querySelector("[data-bulk]");
const all = document.querySelector("[data-select-all]");
const help = document.querySelector("[data-keys-help]");

function stand(row) {
  current()?.removeAttribute("aria-current");
  row?.setAttribute("aria-current", "true");
}

function move(step) {
  const list = rows();
  if (!list.length) return;
  const next = list[Math.min(Math.max(list.indexOf(current()) + step, 0), list.length - 1)];
  stand(next);
  next.scrollIntoView({ block: "nearest" });
  next.querySelector("a, input")?.focus({ preventScroll: true });
}

/* A key that belongs to a button, a link or a menu of the page; bulk acts take the row one stands on when none is selected. */
function press(key) {
  const target = document.querySelector(`[data-key="${key}"]`);
  if (!target) return false;
  if (bulk?.contains(target) && !boxes().some((box) => box.checked)) {
    const box = current()?.querySelector("input[type=checkbox]");
    if (!box) return true;
    box.checked = true;
    show();
  }
  target.click();
  target.closest("details")?.querySelector("button")?.focus();
  return true;
}

const acts = {
  j: () => press("j") || move(1),
  k: () => press("k") || move(-1),
  x: () => current()?.querySelector("input[type=checkbox]")?.click(),
  o: () => current()?.querySelector("a")?.click(),
  Enter: () => current()?.querySelector("a")?.click(),
  "?": () => help?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || help?.open) return;
  if (event.key === "Escape") {
    document.querySelectorAll("details.menu[open], details.confirm[open]").forEach((menu) => (menu.open = false));
    return;
  }
  if (event.target.closest("input:not([type=checkbox]), textarea, select")) return;
  if (event.target.closest("button, a, summary") && (event.key === "Enter" || event.key === " ")) return;
  if (event.key === "/") {
    event.preventDefault();
    document.querySelector("#seek")?.focus();
  } else if (acts[event.key]) {
    event.preventDefault();
    acts[event.key]();
  } else if (/^[a-z]$/.test(event.key) && press(event.key)) {
    event.preventDefault();
  }
});

function show() {
  const list = boxes();
  const chosen = list.filter((box) => box.checked).length;
  if (bulk) bulk.hidden = !chosen;
  document.querySelectorAll("[data-count]").forEach((place) => (place.textContent = chosen));
  if (all) {
    all.checked = chosen > 0 && chosen === list.length;
    all.indeterminate = chosen > 0 && chosen < list.length;
  }
}
document.addEventListener("change", (event) => {
  if (event.target === all) boxes().forEach((box) => (box.checked = all.checked));
  if (event.target.matches("input[type=checkbox]")) show();
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});
document.querySelector("[data-clear]")?.addEventListener("click", () => {
  boxes().forEach((box) => (box.checked = false));
  show();
});
document.querySelectorAll("[data-unscripted]").forEach((part) => (part.hidden = true));
if (boxes().length) show();

/* One menu open at a time, and none after a click elsewhere. */
document.addEventListener("click", (event) => {
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});

document.querySelectorAll("[data-copies]").forEach((button) => {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).value);
    button.textContent = "✓";
  });
});
document.querySelectorAll("[data-mails]").forEach((link) => {
  const text = document.getElementById(link.dataset.mails);
  text.addEventListener("input", () => {
    link.href = link.href.replace(/&body=.*$/, "") + "&body=" + encodeURIComponent(text.value);
  });
});

/* The rows come anew when they read differently. What is selected, stood on and focused stays; open menus and forms are not in them. */
const live = document.querySelector("[data-live]");
const PAUSE = 20000;
let tag = "";

function put(html) {
  const body = live.querySelector("[data-rows]");
  const kept = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
  const stood = current()?.dataset.id;
  const focused = document.activeElement?.closest("[data-row]")?.dataset.id;
  const on = focused && document.activeElement.matches("input") ? "input" : "a";
  body.innerHTML = html;
  boxes().forEach((box) => (box.checked = kept.has(box.value)));
  const row = (id) => (id ? body.querySelector(`[data-id="${CSS.escape(id)}"]`) : null);
  if (stood) stand(row(stood) ?? rows()[0]);
  row(focused)?.querySelector(on)?.focus({ preventScroll: true });
  const lost = [...kept].filter((id) => !row(id)).length;
  if (lost) document.querySelector("[data-live-status]").textContent = `${lost} of the selected are no longer in this list.`;
  show();
}

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(live.dataset.live, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store" });
  if (answer.redirected || !(answer.status === 200 || answer.status === 304)) return;
  const time = document.querySelector("[data-updated]");
  if (time) time.textContent = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  if (answer.status === 304) return;
  tag = answer.headers.get("ETag") ?? "";
  put(await answer.text());
}

if (live) {
  const again = () => refresh().catch(() => {});
  setInterval(again, Number(live.dataset.pause) || PAUSE);
  document.addEventListener("visibilitychange", again);
}
