#!/usr/bin/env python3
"""Style as a test: python3 tools/tidy/tidy.py [ROOT]. Prints path:line: message; exit 1 if any."""

import sys
from pathlib import Path

from rules import RULES
from sizes import check_sizes
from tree import Tree


def findings(root):
    """Sorted (path, line, message) of every rule, and the number of files."""
    tree = Tree(root)
    found = [finding for rule in RULES for finding in rule(tree)]
    return sorted(found + list(check_sizes(tree))), len(tree.text)


def main(arguments):
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parents[2]
    found, files = findings(root)
    for path, line, message in found:
        print(f"{path}:{line}: {message}")
    print(f"tidy: {files} files, {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
