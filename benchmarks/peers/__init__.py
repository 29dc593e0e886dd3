"""Each peer is a program of its own: it reads a landing folder and writes Delta tables into another one."""
