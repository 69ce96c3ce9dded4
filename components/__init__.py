"""How kinds of things are shown: fields, lists, histories, actions, and what stands around every page."""
