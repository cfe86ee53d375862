// Makes and uses passkeys. Without this script, and in browsers that have none, the forms that need it stay hidden.
(() => {
  if (!window.PublicKeyCredential || !navigator.credentials) return;
  const bytes = (s) => Uint8Array.from(atob(s.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (b) => b && btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));
  const made = async (o) => navigator.credentials.create({ publicKey: {
    ...o, challenge: bytes(o.challenge), user: { ...o.user, id: bytes(o.user.id) }, excludeCredentials: named(o.excludeCredentials) } });
  const used = async (o) => navigator.credentials.get({ publicKey: {
    ...o, challenge: bytes(o.challenge), allowCredentials: named(o.allowCredentials) } });
  const answer = (c) => JSON.stringify({
    id: c.id, rawId: text(c.rawId), type: c.type, authenticatorAttachment: c.authenticatorAttachment || undefined,
    response: c.response.attestationObject
      ? { clientDataJSON: text(c.response.clientDataJSON), attestationObject: text(c.response.attestationObject),
          transports: c.response.getTransports ? c.response.getTransports() : [] }
      : { clientDataJSON: text(c.response.clientDataJSON), authenticatorData: text(c.response.authenticatorData),
          signature: text(c.response.signature), userHandle: text(c.response.userHandle) || undefined },
  });
  const words = { NotAllowedError: "stopped", AbortError: "stopped", InvalidStateError: "known" };
  const send = async (form) => {
    const said = form.querySelector("[data-said]"), button = form.querySelector("button");
    said.hidden = true; button.setAttribute("aria-busy", "true");
    try {
      const options = await fetch(form.dataset.options, { method: "POST", body: new FormData(form), credentials: "same-origin" });
      const told = await options.json();
      if (told.go) return location.assign(told.go);
      form.elements.answer.value = answer(await (form.dataset.passkey === "add" ? made : used)(told));
      form.submit();
    } catch (error) {
      said.textContent = form.dataset[words[error.name] || "failed"]; said.hidden = false;
      button.removeAttribute("aria-busy"); button.focus();
    }
  };
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (e) => { e.preventDefault(); send(form); });
  }
  for (const one of document.querySelectorAll("[data-without]")) one.hidden = true;
})();
