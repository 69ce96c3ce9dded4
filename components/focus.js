// Puts the cursor into the first field of a form just opened, so that nobody needs the mouse to begin writing.
// A form asks for it by a container with a key `focus-…`, which Streamlit turns into the class `st-key-focus-…`.
// Each is served once; nothing is taken from somebody already typing, nor is a phone's keyboard called up.
(() => {
  const MARK = "st-key-focus-";
  const served = new Set();
  const typing = () => document.activeElement?.matches("input, textarea, [contenteditable=true]") ?? false;
  const look = () => {
    for (const form of document.querySelectorAll(`[class*="${MARK}"]`)) {
      const name = [...form.classList].find((each) => each.startsWith(MARK));
      const field = form.querySelector("input:not([disabled]):not([type=file]), textarea:not([disabled])");
      if (!name || served.has(name) || !field) continue;
      served.add(name);
      if (!typing()) field.focus();
    }
  };
  if (window.matchMedia("(pointer: coarse)").matches) return;
  let waiting = 0;
  new MutationObserver(() => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(look, 50);
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
