"""`python -m tui` is `rnn-tui`."""

import sys

from rnn_tui import main

if __name__ == "__main__":
    sys.exit(main())
