"""One module per command: `add` declares it, with an example; the rest does it."""
