"""The project's papers for engineers, and the generator of those that follow from the code."""
