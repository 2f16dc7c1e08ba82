
"use strict";
// buttons that copy a value: the clipboard where the browser gives it, the old command where it does not
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  const code = button.closest("dd").querySelector("[data-field]");
  const name = code.dataset.field;
  const done = await copy(button.dataset.copy, button, code);
  clearTimeout(button.timer);
  button.textContent = done ? "Copied" : "Selected";
  button.setAttribute("aria-label", done ? `Copied ${name}` : `${name} is selected: copy it by keyboard`);
  button.timer = setTimeout(() => {
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${name}`);
  }, 1500);
});

async function copy(value, button, code) {
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = value;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    button.focus();
    if (!done) getSelection().selectAllChildren(code);
    return done;
  }
}
