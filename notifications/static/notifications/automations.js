/* The automation editor: rows come and go in place, fields follow what was chosen, nothing unsaved is lost. Everything works without. */
const form = document.getElementById("automation");
document.documentElement.classList.add("is-scripted");

const SKIPPED = /^(csrfmiddlewaretoken|version|revision|their_\w+)$/;
const state = () => JSON.stringify([...new FormData(form)].filter(([name]) => !SKIPPED.test(name)));
const clean = "unsaved" in form.dataset ? "" : state();
let isLeaving = false;
const show = () => form.querySelectorAll("[data-dirty]").forEach((part) => (part.hidden = clean === state()));

/* The server keeps the rows: it is told what was pressed, and its form takes the place of this one. */
async function redo(op, focus) {
  const body = new FormData(form);
  body.set("op", op);
  const response = await fetch(form.action, { method: "POST", body });
  if (!response.ok) throw new Error(response.status);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  form.replaceChildren(...page.getElementById("automation").childNodes);
  show();
  document.getElementById(focus)?.focus();
}

/* Where one goes on: a new row's first field, else the button that adds one. */
function next(op) {
  const [act, target] = op.split(":");
  if (act === "up") return target.startsWith("styles") ? `${target.replace(/\d+(?=\]$)/, (n) => n - 1)}.style` : `channels.${target}`;
  if (act === "remove") return `add:${target.replace(/\[\d+\]$/, "")}`;
  const rows = form.querySelectorAll(`[id^="${target}["][id$="]"]`);
  const count = [...rows].filter((row) => /^\[\d+\]$/.test(row.id.slice(target.length))).length;
  return `${target}[${count}].${target === "styles" ? "style" : "fact"}`;
}

form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-op]");
  if (!button) return;
  event.preventDefault();
  redo(button.value, next(button.value)).catch(() => leave(button));
});
form.addEventListener("change", (event) => {
  if (event.target.matches("[data-redo]")) redo("refresh", event.target.id).catch(() => {});
  show();
});
form.addEventListener("input", show);
form.addEventListener("submit", () => (isLeaving = true));
document.addEventListener("click", (event) => (isLeaving ||= Boolean(event.target.closest("[data-leaves]"))));
addEventListener("beforeunload", (event) => {
  if (!isLeaving && clean !== state()) event.preventDefault();
});
addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
  event.preventDefault();
  form.requestSubmit(form.querySelector('.plan__acts [value="save"]'));
});

/* The server cannot be reached by the script: the browser posts the form as without it. */
function leave(button) {
  isLeaving = true;
  const op = Object.assign(document.createElement("input"), { type: "hidden", name: "op", value: button.value });
  form.append(op);
  HTMLFormElement.prototype.submit.call(form);
}
