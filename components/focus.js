// Puts the cursor into the first field of a form just opened, so that nobody needs the mouse to begin writing.
// A form asks for it by a container with a key `focus-…`, which Streamlit turns into the class `st-key-focus-…`.
// Each is served once; nothing is taken from somebody already typing, nor is a phone's keyboard called up.
(() => {
  const MARK = "st-key-focus-";
  const PATIENCE = 3000; // Milliseconds within which a field drawn late, above the one served, still gets the cursor.
  const served = new Map();
  const typing = () => document.activeElement?.matches("input, textarea, [contenteditable=true]") ?? false;
  const look = () => {
    for (const form of document.querySelectorAll(`[class*="${MARK}"]`)) {
      const name = [...form.classList].find((each) => each.startsWith(MARK));
      const field = form.querySelector("input:not([disabled]):not([type=file]), textarea:not([disabled])");
      if (!name || !field) continue;
      const before = served.get(name);
      if (before === undefined) {
        served.set(name, { field, since: Date.now() });
        if (!typing()) field.focus();
      } else if (before.field !== field && Date.now() - before.since < PATIENCE) {
        const untouched = document.activeElement === before.field && before.field.value === "";
        before.field = field;
        if (untouched || !typing()) field.focus();
      }
    }
  };
  if (window.matchMedia("(pointer: coarse)").matches) return;
  let waiting = 0;
  new MutationObserver(() => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(look, 50);
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
