// A field inside a choice picks it; picking another one empties the field. Without this script the page says what to do.
document.addEventListener("input", (e) => {
  const choice = e.target.closest(".choice"); if (!choice) return;
  if (e.target.type !== "radio") choice.querySelector("[type=radio]").checked = true;
  else for (const field of e.target.form.querySelectorAll(".choice [type=date]")) if (!choice.contains(field)) field.value = "";
});
