// Keeps an open tracking page true: asks whether something changed, replaces what did, says so once and politely.
// Without this script the page's "Reload" link does the same.
(() => {
  const root = document.getElementById("live"), said = document.getElementById("said");
  if (!root || !window.fetch) return;
  const EVERY = 45000, LONGEST = 900000;
  let etag = root.dataset.etag, wait = EVERY, timer = 0, asked = Date.now(), busy = false, gone = false;

  const useOwnZone = () => {
    const select = root.querySelector("[data-zones]"); if (!select) return;
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (!own || new URLSearchParams(location.search).has("clock")) return;
    if (![...select.options].some((o) => o.value === own)) select.add(new Option(own.split("/").pop().replaceAll("_", " "), own), 0);
    select.value = own;
  };
  const keep = () => ({
    open: [...root.querySelectorAll("details[open][data-key]")].map((d) => d.dataset.key),
    focus: root.contains(document.activeElement) ? document.activeElement : null,
  });
  const path = (e) => {
    if (e.id) return `#${CSS.escape(e.id)}`;
    if (e.dataset.copy) return `[data-copy="${CSS.escape(e.dataset.copy)}"]`;
    if (e.tagName === "SUMMARY") return `details[data-key="${CSS.escape(e.parentElement.dataset.key || "")}"] > summary`;
    return e.getAttribute("href") ? `a[href="${CSS.escape(e.getAttribute("href"))}"]` : "";
  };
  const replace = (html) => {
    const before = root.querySelector("[data-part]").dataset.said, held = keep(), focus = held.focus && path(held.focus);
    const part = new DOMParser().parseFromString(html, "text/html").querySelector("[data-part]");
    if (!part) return;
    root.replaceChildren(document.adoptNode(part));
    for (const key of held.open) root.querySelector(`details[data-key="${CSS.escape(key)}"]`)?.setAttribute("open", "");
    if (focus) root.querySelector(focus)?.focus({ preventScroll: true });
    useOwnZone();
    document.dispatchEvent(new Event("part-replaced"));
    if (part.dataset.said !== before) said.textContent = part.dataset.said;
  };
  const tell = (moment) => {
    const time = root.querySelector("[data-as-of] time"); if (!time || !/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(moment || "")) return;
    time.dateTime = moment; time.textContent = moment.slice(11, 16);
  };
  const ask = async () => {
    if (busy || gone) return;
    busy = true; asked = Date.now();
    try {
      const answer = await fetch(root.dataset.live, { headers: { "If-None-Match": etag }, cache: "no-store", credentials: "same-origin", redirect: "error" });
      if (answer.status === 200) { etag = answer.headers.get("ETag") || ""; replace(await answer.text()); tell(answer.headers.get("X-As-Of")); wait = EVERY; }
      else if (answer.status === 304) { tell(answer.headers.get("X-As-Of")); wait = EVERY; }
      else if (answer.status === 404 || answer.status === 410) gone = true;
      else wait = Math.min(wait * 2, LONGEST);
    } catch { wait = Math.min(wait * 2, LONGEST); }
    busy = false; plan();
  };
  const plan = () => {
    clearTimeout(timer);
    if (gone) return;
    if (!document.hidden) timer = setTimeout(ask, wait * (0.85 + Math.random() * 0.3));
  };
  document.addEventListener("visibilitychange", () => { if (!document.hidden && Date.now() - asked > EVERY / 2) ask(); else plan(); });
  window.addEventListener("online", ask);
  root.addEventListener("click", (e) => {
    if (gone || !e.target.closest("[data-reload]") || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault(); ask();
  });
  useOwnZone();
  plan();
})();
