const showCopyButtons = () => { for (const b of document.querySelectorAll("[data-copy]")) b.hidden = !navigator.clipboard; };
showCopyButtons();
document.addEventListener("part-replaced", showCopyButtons);
document.addEventListener("click", async (e) => {
  const b = e.target.closest("[data-copy]"); if (!b) return;
  await navigator.clipboard.writeText(b.dataset.copy);
  const t = Object.assign(document.createElement("p"), { className: "toast", textContent: b.dataset.said });
  document.querySelector(".toasts").replaceChildren(t); setTimeout(() => t.remove(), 4000);
});
