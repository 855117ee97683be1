"""Sizes as a ratchet: files up to 400 lines and functions up to 70; what is larger stands in
exceptions.toml with its size, may shrink (then the entry must follow) and may not grow."""

import ast

from source_text import functions

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70


def _python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


def measure(tree):
    """({path: lines}, {path:function: (lines, first line)}) of everything above the limits."""
    files, long_functions = {}, {}
    for path, text in {**tree.cpp(), **tree.python()}.items():
        lines = text.count("\n")
        if lines > FILE_LINES_MAX:
            files[path] = lines
        found = _python_functions(text) if path.endswith(".py") else functions(text)
        for name, first, length in found:
            if length > FUNCTION_LINES_MAX:
                long_functions[f"{path}:{name}"] = (length, first)
    return files, long_functions


def _against(listed, key, lines, limit, what):
    allowed = listed.get(key)
    if allowed is None:
        return f"{what} has {lines} lines; split it (at most {limit}) or list it in exceptions.toml"
    if lines > allowed:
        return f"{what} grew from {allowed} to {lines} lines; an exception may only shrink"
    if lines < allowed:
        return f"{what} shrank from {allowed} to {lines} lines; lower its entry in exceptions.toml"
    return None


def check_sizes(tree):
    """Yields (path, line, message), also for entries of exceptions that are no longer needed."""
    files, long_functions = measure(tree)
    listed_files = tree.exceptions.get("files", {})
    listed_functions = tree.exceptions.get("functions", {})
    for path, lines in files.items():
        if message := _against(listed_files, path, lines, FILE_LINES_MAX, "the file"):
            yield path, 1, message
    for key, (lines, first) in long_functions.items():
        path, name = key.split(":", 1)
        what = f"function {name}"
        if message := _against(listed_functions, key, lines, FUNCTION_LINES_MAX, what):
            yield path, first, message
    for key in (listed_files.keys() - files) | (listed_functions.keys() - long_functions):
        yield "tools/tidy/exceptions.toml", 1, f"'{key}' is no longer too long; remove the entry"
