"""Write the manual page, docs/rnn-tui.1, which a wheel puts where `man` looks: `python docs/make_manual.py`.

With `--check` it writes nothing, and fails where the page is behind the program. It needs the extra `docs`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from docutils.core import publish_string

from tui.cli import command_line
from tui.cli.manual import manual

PAGE: Final = Path(__file__).parent / "rnn-tui.1"
TITLE: Final = """\
=======
rnn-tui
=======

-------------------------------------------------------------------------
see how gradients travel back through time in a recurrent network
-------------------------------------------------------------------------

:Manual section: 1
:Manual group: User commands

"""


def page() -> bytes:
    """The manual as `man` reads it."""
    settings = {"report_level": 2, "halt_level": 2, "datestamp": None, "generator": None}
    made = publish_string(TITLE + manual(command_line()), writer="manpage", settings_overrides=settings)
    return made if isinstance(made, bytes) else made.encode()


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` say whether it is as it would be written."""
    if arguments == ["--check"]:
        if PAGE.read_bytes() == page():
            return 0
        sys.stderr.write(f"{PAGE.name} is behind the program; write it again: python docs/make_manual.py\n")
        return 1
    PAGE.write_bytes(page())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
