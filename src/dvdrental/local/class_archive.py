"""An archive of loaded Java classes (AppCDS): a session that maps it starts in about half the time.

It fits one Java and one list of jars only, so it is made at set-up, never shipped. Without it (not every Java can make
one) everything works, slower.
"""

from dvdrental.local.toolchain import JARS

ARCHIVE = JARS / "classes.jsa"
QUIET = ["-Xlog:cds=off", "-Xlog:cds+dynamic=off"]


def options() -> list[str]:
    return [f"-XX:SharedArchiveFile={ARCHIVE}", *QUIET] if ARCHIVE.exists() else []
