// Keeps what is typed while one types, so that a form left open is found again. Without this script its button does so.
const PAUSE = 2500;
for (const form of document.querySelectorAll("form[data-draft]")) {
  const told = form.querySelector("[data-kept]");
  let timer = 0, last = "", isSent = false;
  const fields = () => {
    const data = new FormData(form);
    for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
    data.set("act", "draft"); data.set("quiet", "1");
    return new URLSearchParams([...data]);
  };
  const keep = async () => {
    const body = fields(), text = body.toString();
    if (isSent || text === last) return;
    const answer = await fetch(form.dataset.draft, { method: "POST", body, keepalive: text.length < 60000 }).catch(() => null);
    if (!answer || answer.status !== 204) return;  // the button is still there, and says what is wrong
    last = text;
    if (told) told.textContent = told.dataset.kept;
  };
  last = fields().toString();
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(keep, PAUSE); });
  form.addEventListener("submit", () => { isSent = true; clearTimeout(timer); });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") { clearTimeout(timer); keep(); } });
}
