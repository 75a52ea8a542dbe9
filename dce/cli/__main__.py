"""``python -m dce.cli`` is the ``dce`` command."""

from dce.cli import main

if __name__ == "__main__":
    main()
