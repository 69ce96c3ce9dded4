"""Nothing: what a look at any page costs before it shows anything of its own."""
