"""Start the program from its folder: `python main.py`, or with a command, `python main.py jobs`."""

from farmgui.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
