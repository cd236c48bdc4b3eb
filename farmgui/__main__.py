"""`python -m farmgui` is the same program as the command `farmgui`."""

from farmgui.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
