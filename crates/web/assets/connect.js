// What the connect pages do beyond plain HTML: show a secret, filter the list, say that something is under way, close.
// Every page works without this file.

/** Buttons that show what is typed into a secret field. */
for (const button of document.querySelectorAll("button[data-reveals]")) {
  const input = document.getElementById(button.getAttribute("data-reveals") ?? "");
  if (!(input instanceof HTMLInputElement) || !(button instanceof HTMLButtonElement)) continue;
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    const word = shown ? "Hide" : "Show";
    button.textContent = word;
    button.setAttribute("aria-label", `${word} ${button.dataset["label"] ?? ""}`);
  });
}

/** A form is sent once; its button says so. Browsers may bring the page back as it was, so it is put right again. */
for (const form of document.querySelectorAll("form[data-once]")) {
  const button = form.querySelector("button[data-busy]");
  if (!(button instanceof HTMLButtonElement)) continue;
  const label = button.textContent ?? "";
  let sent = false;

  form.addEventListener("submit", (event) => {
    if (sent) {
      event.preventDefault();
      return;
    }
    sent = true;
    button.setAttribute("aria-disabled", "true");
    const spinner = document.createElement("span");
    spinner.className = "spinner";
    spinner.setAttribute("aria-hidden", "true");
    button.replaceChildren(spinner, button.dataset["busy"] ?? label);
  });

  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    sent = false;
    button.removeAttribute("aria-disabled");
    button.textContent = label;
  });
}

/** The list: filter as one types, arrow keys walk through the entries. */
const list = document.querySelector("[data-entries]");
if (list) {
  const entries = [...list.querySelectorAll("a")];
  const shown = () => entries.filter((entry) => !entry.parentElement?.hidden);
  const search = document.querySelector("input[type=search]");
  const none = document.querySelector("[data-none]");

  if (search instanceof HTMLInputElement) {
    search.addEventListener("input", () => {
      const wanted = search.value.trim().toLocaleLowerCase();
      for (const entry of entries) {
        const words = entry.querySelector(".name")?.textContent?.toLocaleLowerCase() ?? "";
        if (entry.parentElement) entry.parentElement.hidden = !words.includes(wanted);
      }
      if (none instanceof HTMLElement) none.hidden = shown().length > 0;
    });
    search.form?.addEventListener("submit", (event) => {
      event.preventDefault();
      shown()[0]?.click();
    });
  }

  document.addEventListener("keydown", (event) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0) return;
    const stops = [...(search instanceof HTMLInputElement ? [search] : []), ...shown()];
    const at = stops.findIndex((stop) => stop === document.activeElement);
    const next = stops[Math.max(0, at + step)];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  });
}

/** The last page: a window that a script opened closes by itself; any other stays until the person closes it. */
const closer = document.querySelector("button[data-close]");
if (closer instanceof HTMLButtonElement && window.opener) {
  closer.hidden = false;
  closer.addEventListener("click", () => window.close());
  window.setTimeout(() => window.close(), 4000);
}
