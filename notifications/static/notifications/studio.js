/* The studio: preview and checks come anew while one writes, blocks are moved in place, nothing unsaved is lost. Everything works without. */
const form = document.getElementById("studio");
const one = (selector, within = form) => within.querySelector(selector);
const all = (selector, within = form) => [...within.querySelectorAll(selector)];
const canWrite = !("readonly" in form.dataset);
const PAUSE = 400;
const frame = one("[data-frame]");
const stage = one(".stage");

/* What the form holds, as text: the same text, nothing to save. How the preview is shown is not part of it. */
const VIEW = /^(csrfmiddlewaretoken|order|screen|look|form|part|to|address|added|version|revision|their_\w+)$/;
const state = () => JSON.stringify([...new FormData(form)].filter(([name]) => !VIEW.test(name)));
let clean = "unsaved" in form.dataset ? "" : state();
const isDirty = () => canWrite && clean !== state();
const showDirty = () => all("[data-dirty]").forEach((part) => (part.hidden = !isDirty()));
let isLeaving = false;
addEventListener("beforeunload", (event) => {
  if (!isLeaving && isDirty()) event.preventDefault();
});
/* One's own save is let come home first: what is pressed meanwhile would be based on what it replaces. */
let saving = null;
form.addEventListener("submit", (event) => {
  if (saving) {
    event.preventDefault();
    saving.then((isSaved) => isSaved && form.requestSubmit(event.submitter));
    return;
  }
  isLeaving = true;
});
all("[data-leaves]").forEach((link) => link.addEventListener("click", () => (isLeaving = true)));

/* A line for everybody, also for who does not see it. */
const told = one("[data-told]");
function tell(text, tone = "") {
  const place = document.createElement("p");
  place.className = "toast";
  place.setAttribute("role", tone === "bad" ? "alert" : "status");
  place.textContent = text;
  all("p.toast", told).forEach((old) => old.remove());
  told.append(place);
  told.hidden = false;
}

/* One question of a kind at a time: a newer one calls the older off. */
function asker(url) {
  let going;
  return async (body) => {
    going?.abort();
    going = new AbortController();
    const response = await fetch(url, { method: "POST", body, signal: going.signal, headers: { Accept: "application/json" }, credentials: "same-origin" });
    const answer = response.headers.get("Content-Type")?.includes("json") ? await response.json() : { error: { message: response.statusText } };
    return response.ok ? answer : { error: answer.error ?? { message: response.statusText }, status: response.status };
  };
}
const askPreview = asker(form.dataset.preview);
const askChecks = asker(form.dataset.checks);

/* The mail is written into the frame from outside: no script runs in there, and where one has scrolled to stays.
   Light and dark are the mail's own rules, switched by us and not by this computer's setting. */
let mail = null;
const YES = "(min-width: 0)", NO = "(max-width: 0)";
function inLook(html) {
  const isDark = one("#night").checked;
  return html.replace(/\(\s*prefers-color-scheme:\s*(dark|light)\s*\)/gi, (found, look) => ((look.toLowerCase() === "dark") === isDark ? YES : NO));
}
function showMail() {
  const page = frame?.contentDocument;
  if (mail === null || !page?.documentElement) return;
  const top = page.scrollingElement?.scrollTop ?? 0;
  const lang = /<html[^>]*\slang="([\w-]*)"/.exec(mail);
  page.documentElement.innerHTML = inLook(mail);
  if (lang) page.documentElement.lang = lang[1];
  all("a", page).forEach((link) => (link.target = "_blank"));
  if (page.scrollingElement) page.scrollingElement.scrollTop = top;
}
frame?.addEventListener("load", showMail);
function showLook() {
  if (!frame) return;
  if (mail !== null) return showMail();
  const address = new URL(frame.src);
  address.searchParams.set("look", one("#night").checked ? "dark" : "light");
  frame.contentWindow.location.replace(address);
}

function showNeeds(text) {
  one("[data-needs]").hidden = !text;
  one("[data-needs]").dataset.tone = "warn";
  one("[data-needs-text]").textContent = text;
}

let shownOrder = null;
async function refreshPreview() {
  const body = new FormData(form);
  const order = body.get("order");
  if (shownOrder !== null && order !== shownOrder) body.set("palette", "1");
  stage.setAttribute("aria-busy", "true");
  try {
    const answer = await askPreview(body);
    stage.removeAttribute("aria-busy");
    if (answer.error) {
      stage.dataset.stale = "";
      showNeeds(answer.error.message);
      return;
    }
    delete stage.dataset.stale;
    showNeeds("");
    if (frame) {
      mail = answer.html;
      showMail();
    }
    for (const name of Object.keys(answer.parts)) one(`[data-${name}]`).innerHTML = answer.parts[name];
    if (answer.palette) one("[data-palette]").innerHTML = answer.palette;
    shownOrder = order;
    filterVariables();
    stage.dataset.shown = String(Number(stage.dataset.shown ?? 0) + 1);
  } catch (error) {
    if (error.name !== "AbortError") showNeeds(error.message);
  }
}

async function refreshChecks() {
  try {
    const answer = await askChecks(new FormData(form));
    if (answer.error) return;
    one("[data-lint]").innerHTML = answer.html;
    showErrors(answer.errors, answer.blocked);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

function showErrors(errors, blocked) {
  one("[data-blocked]").hidden = !errors;
  one("[data-blocked-text]").textContent = blocked;
  errors ? one("[data-publish]").setAttribute("aria-disabled", "true") : one("[data-publish]").removeAttribute("aria-disabled");
  markPlaces();
}

/* Where the findings stand: beside their block, and at their line. */
function markPlaces() {
  const found = all("[data-lint] li[data-severity]");
  all(".block").forEach((row) => {
    const count = found.filter((item) => item.dataset.block === row.dataset.block && item.dataset.severity === "error").length;
    const badge = one("[data-block-errors]", row);
    badge.hidden = !count;
    one("span", badge).textContent = count;
  });
  all("[data-editor]").forEach(number);
}

let waiting;
function later() {
  showDirty();
  clearTimeout(waiting);
  waiting = setTimeout(refresh, PAUSE);
}
function refresh() {
  clearTimeout(waiting);
  refreshPreview();
  refreshChecks();
}

/* Line numbers beside a source. */
function number(editor) {
  const text = one("textarea", editor);
  const lines = one("[data-lines]", editor);
  const found = all(`[data-lint] li[data-field="${text.name}"]:not([data-block])`).reverse(); // errors come first, and are to win
  const marks = new Map(found.map((item) => [Number(item.dataset.line), item.dataset.tone]));
  const count = text.value.split("\n").length;
  lines.replaceChildren(
    ...Array.from({ length: count }, (_, index) => {
      const line = document.createElement("span");
      if (marks.has(index + 1)) line.dataset.tone = marks.get(index + 1);
      line.textContent = index + 1;
      return line;
    }),
  );
  lines.scrollTop = text.scrollTop;
}
all("[data-editor]").forEach((editor) => {
  const text = one("textarea", editor);
  if (text.wrap === "soft") {
    editor.classList.add("editor--bare");
    one("[data-lines]", editor).remove();
    editor.removeAttribute("data-editor");
    return;
  }
  text.addEventListener("scroll", () => (one("[data-lines]", editor).scrollTop = text.scrollTop));
  text.addEventListener("input", () => number(editor));
  number(editor);
});

/* The field a finding or a variable is meant for. */
let lastField = null;
form.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-liquid]")) lastField = event.target;
});

function fieldOf({ block, field }) {
  const place = block ? document.getElementById(`set-${block}`) : form;
  return place && (one(`[data-field="${field}"]:is(input, textarea, select)`, place) ?? one("input, textarea, select", place));
}

function goTo(where) {
  if (where.block) choose(where.block);
  if (where.field === "source" || where.field === "text_source") {
    const part = document.getElementById(where.field === "source" ? "part-html" : "part-text");
    if (part) part.checked = true;
  }
  const field = fieldOf(where);
  if (!field) return;
  field.focus();
  const line = Number(where.line);
  if (!line || !field.setSelectionRange) return;
  const before = field.value.split("\n").slice(0, line - 1);
  const start = before.reduce((sum, text) => sum + text.length + 1, 0);
  const end = field.value.indexOf("\n", start);
  field.setSelectionRange(start, end < 0 ? field.value.length : end);
  if (field.tagName === "TEXTAREA") field.scrollTop = Math.max(0, before.length - 3) * parseFloat(getComputedStyle(field).lineHeight);
}

function put(field, text, start = field.selectionStart, end = field.selectionEnd) {
  field.focus();
  field.setSelectionRange(start, end);
  if (!document.execCommand?.("insertText", false, text)) field.setRangeText(text, start, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function mend(button) {
  const field = fieldOf(button.dataset);
  if (!field) return false;
  const line = Math.max(1, Number(button.dataset.line));
  const start = field.value.split("\n").slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  const at = field.value.indexOf(button.dataset.found, start);
  if (at < 0) return false;
  if (button.dataset.block) choose(button.dataset.block);
  put(field, button.dataset.put, at, at + button.dataset.found.length);
  return true;
}

/* Blocks. */
const list = one("[data-blocks]");
const rows = () => all(".block", list);
const rowOf = (id) => rows().find((row) => row.dataset.block === id);

function choose(id) {
  rows().forEach((row) => {
    const link = one("[data-choose]", row);
    row.dataset.block === id ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
  });
  all("[data-settings-of]").forEach((part) => (part.hidden = part.dataset.settingsOf !== id));
}

function place(row, to) {
  const others = rows().filter((other) => other !== row);
  const next = others[Math.max(0, Math.min(others.length, to))];
  next ? next.before(row) : list.append(row);
  later();
}

function add() {
  const type = one("[data-added]").value;
  const taken = new Set(rows().map((row) => row.dataset.block));
  let n = 1;
  while (taken.has(`b${n}`)) n += 1;
  const made = (kind) => {
    const holder = document.createElement("template");
    holder.innerHTML = document.querySelector(`[data-${kind}-type="${type}"]`).innerHTML.replaceAll("__new__", `b${n}`);
    return holder.content.firstElementChild;
  };
  const row = made("block");
  const chosen = rows().findIndex((other) => one("[data-choose][aria-current]", other));
  chosen < 0 ? list.append(row) : rows()[chosen].after(row);
  one("[data-settings]").append(made("settings"));
  lift(row);
  choose(`b${n}`);
  (one("[data-field]", document.getElementById(`set-b${n}`)) ?? one("[data-choose]", row)).focus();
  showMost();
  later();
}

function remove(row) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  document.getElementById(`set-${row.dataset.block}`)?.remove();
  row.remove();
  if (next) {
    choose(next.dataset.block);
    one("[data-choose]", next).focus();
  }
  showMost();
  later();
}

/* A type that is there as often as it may be cannot be added. */
function showMost() {
  all("[data-added] option").forEach((option) => {
    option.disabled = rows().filter((row) => row.dataset.type === option.value).length >= Number(option.dataset.most);
  });
  const select = one("[data-added]");
  if (select?.selectedOptions[0]?.disabled) select.value = [...select.options].find((option) => !option.disabled)?.value ?? "";
}

let held = null;
function lift(row) {
  row.draggable = true;
  row.addEventListener("dragstart", (event) => {
    held = row;
    event.dataTransfer.effectAllowed = "move";
    row.classList.add("block--held");
  });
  row.addEventListener("dragend", () => {
    row.classList.remove("block--held");
    all(".block--over").forEach((other) => other.classList.remove("block--over"));
    held = null;
  });
  row.addEventListener("dragover", (event) => {
    if (!held || held === row) return;
    event.preventDefault();
    row.classList.add("block--over");
  });
  row.addEventListener("dragleave", () => row.classList.remove("block--over"));
  row.addEventListener("drop", (event) => {
    if (!held || held === row) return;
    event.preventDefault();
    row.before(held);
    later();
  });
}

if (list) {
  if (canWrite) rows().forEach(lift);
  const wanted = location.hash.startsWith("#set-") ? location.hash.slice(5) : "";
  const first = rowOf(wanted) ?? rows().find((row) => !one('[name$=".locked"]', row)) ?? rows()[0];
  if (first) choose(first.dataset.block);
  showMost();
  list.addEventListener("keydown", (event) => {
    const row = event.target.closest(".block");
    if (!row || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    const step = event.key === "ArrowUp" ? -1 : 1;
    if (event.altKey && canWrite) {
      place(row, rows().indexOf(row) + step);
      event.target.focus();
    } else {
      one("[data-choose]", rows()[rows().indexOf(row) + step] ?? row).focus();
    }
  });
}

/* Presses. */
form.addEventListener("click", (event) => {
  const target = event.target.closest("button, a");
  if (!target) return;
  const row = target.closest(".block");
  if (target.matches("[data-choose]")) {
    event.preventDefault();
    choose(row.dataset.block);
  } else if (target.matches("[data-goto]")) {
    goTo(target.dataset);
  } else if (!canWrite) {
    return;
  } else if (target.matches("[data-move]")) {
    event.preventDefault();
    place(row, rows().indexOf(row) + Number(target.dataset.move));
    target.focus();
  } else if (target.matches("[data-remove]")) {
    event.preventDefault();
    remove(row);
  } else if (target.matches("[data-add]")) {
    event.preventDefault();
    if (one("[data-added]").value) add();
  } else if (target.matches("[data-fix]")) {
    if (mend(target)) event.preventDefault();
  } else if (target.matches("[data-insert]")) {
    const field = lastField?.isConnected ? lastField : one("[data-liquid]");
    if (field) put(field, target.dataset.insert);
  } else if (target.matches("[data-refresh]")) {
    event.preventDefault();
    refresh();
  } else if (target.matches("[data-save]")) {
    event.preventDefault();
    save();
  } else if (target.matches("[data-publish][aria-disabled]")) {
    event.preventDefault();
    one("[data-lint] [data-goto]")?.focus();
  }
});

form.addEventListener("input", (event) => {
  if (event.target.id === "v-find") filterVariables();
  else if (event.target.id === "order") suggest();
  else if (event.target.name && !VIEW.test(event.target.name)) later();
});
form.addEventListener("change", (event) => {
  if (event.target.id === "order" && canWrite) refresh();
  if (event.target.name === "look") showLook();
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("input:not([type=checkbox])") && canWrite) {
    event.preventDefault();
    refresh();
  }
});
addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s" && canWrite) {
    event.preventDefault();
    save();
  }
  if (event.key === "Escape") all("details.menu[open]").forEach((menu) => (menu.open = false));
});
document.addEventListener("click", (event) => all("details.menu[open]").forEach((menu) => menu.contains(event.target) || (menu.open = false)));

/* Saved in place, so that the caret stays; what is refused is told by the whole page. */
function save() {
  saving ??= saved(one("[data-save]"));
}
async function saved(button) {
  button.setAttribute("aria-busy", "true");
  const before = state();
  const body = new FormData(form);
  body.set("op", "save");
  const answer = await asker(form.action)(body).catch((error) => ({ error: { message: error.message } }));
  button.removeAttribute("aria-busy");
  saving = null;
  if (answer.error) {
    form.requestSubmit(button);
    return false;
  }
  one("[name=version]").value = answer.version;
  one("[name=revision]").value = answer.revision;
  one("[data-editing]").innerHTML = answer.editing;
  one("[data-publish]").textContent = answer.publish;
  clean = before;
  showDirty();
  tell(answer.said);
  return true;
}

/* Orders by number or name, as one types. */
let seeking;
function suggest() {
  clearTimeout(seeking);
  seeking = setTimeout(async () => {
    const response = await fetch(`${form.dataset.orders}?order=${encodeURIComponent(one("#order").value)}`, { credentials: "same-origin" });
    if (!response.ok) return;
    const { orders } = await response.json();
    one("#orders").replaceChildren(
      ...orders.map(({ number, name, placed }) => Object.assign(document.createElement("option"), { value: number, textContent: `${name}, ${placed}` })),
    );
  }, 250);
}

function filterVariables() {
  const find = document.getElementById("v-find");
  const words = find.value.toLowerCase().split(/\s+/);
  all("[data-variable]").forEach((row) => (row.hidden = !words.every((word) => row.dataset.variable.toLowerCase().includes(word))));
}

all("[data-scripted]").forEach((part) => (part.hidden = false));
shownOrder = one("#order").value;
showDirty();
markPlaces();
