// Sends photos in pieces while the form is filled in, so that a broken line costs one piece. Without this script the form sends them whole.
const PIECE = 512 * 1024, MOST = 10 * 1024 * 1024, PATIENCE = 5;
const wait = (ms) => new Promise((go) => setTimeout(go, ms));
for (const form of document.querySelectorAll("form[data-photos]")) {
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value, head = { "X-CSRFToken": token };
  let running = 0;
  const busy = (by) => { running += by; for (const b of form.querySelectorAll("button:not([name])")) b.toggleAttribute("disabled", running > 0); };
  async function piece(address, file, at) {
    for (let turn = 0; ; turn++) {
      try {
        const answer = await fetch(address, { method: "PATCH", headers: { ...head, "Upload-Offset": String(at) }, body: file.slice(at, at + PIECE) });
        if (answer.status < 500) return answer;
      } catch (error) { if (turn >= PATIENCE) throw error; }
      if (turn >= PATIENCE) throw new Error("no answer");
      await wait(1000 * 2 ** turn);
      const told = await fetch(address, { method: "HEAD" }).catch(() => null);  // what arrived before the line broke
      if (told && told.ok) at = Number(told.headers.get("Upload-Offset"));
    }
  }
  async function send(file, bar) {
    const room = await fetch(form.dataset.photos, { method: "POST", headers: head, body: new URLSearchParams({ size: String(file.size) }) });
    if (!room.ok) throw new Error(String(room.status));
    const address = room.headers.get("Location"), { id } = await room.json();
    for (let at = 0; at < file.size;) {
      const answer = await piece(address, file, at);
      if (!answer.ok && answer.status !== 409) throw new Error(String(answer.status));
      at = Number(answer.headers.get("Upload-Offset") || file.size);
      bar.value = at / file.size;
    }
    return id;
  }
  form.addEventListener("change", async (e) => {
    const field = e.target; if (field.type !== "file") return;
    const files = [...field.files].filter((file) => file.size <= MOST);
    if (files.length !== field.files.length) return;  // the server says which is too large
    const list = document.createElement("ul"); list.className = "plain photos__sent"; field.after(list); busy(1);
    try {
      for (const file of files) {
        const row = document.createElement("li"), bar = document.createElement("progress");
        row.append(bar, " ", file.name); bar.setAttribute("aria-label", file.name); list.append(row);
        const id = await send(file, bar), kept = document.createElement("input");
        Object.assign(kept, { type: "hidden", name: "sent_" + field.id, value: id }); row.append(kept);
      }
      field.value = "";  // sent already: the form does not carry them again
    } catch { list.remove(); } finally { busy(-1); }
  });
}
