"""An archive of loaded Java classes (AppCDS): a session that maps it starts in about half the time.

It fits exactly one Java and one list of jars, so setup.py makes it on each machine. Not every Java can make one;
without it everything works, only slower.
"""

from dvdrental.local.toolchain import JARS

ARCHIVE = JARS / "classes.jsa"
QUIET = ["-Xlog:cds=off", "-Xlog:cds+dynamic=off"]


def options() -> list[str]:
    return [f"-XX:SharedArchiveFile={ARCHIVE}", *QUIET] if ARCHIVE.exists() else []
