"""C++ text for the rules of tidy: code without comments and strings, and where functions are.

Not a parser: it knows comments, literals and braces, which is enough for well formatted code.
"""

import re

_TOKEN = re.compile(
    r"""//[^\n]* | /\*.*?\*/ | R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)" |
        "(?:\\.|[^"\\\n])*" | (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'""",
    re.S | re.X,
)
_PREPROCESSOR = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.)*(?:\\\n(?:[^\n\\]|\\.)*)*", re.M)
_NOT_A_FUNCTION = re.compile(r"\b(namespace|class|struct|union|enum|requires)\b[^()]*$|=\s*$")
_TYPE = re.compile(r"\b(class|struct|union)\b")


def _blank(text):
    """Spaces of the same shape: line numbers and columns stay."""
    return re.sub(r"[^\n]", " ", text)


def strip_comments_and_strings(text):
    """The code alone. String literals keep their quotes, so that `f("x")` stays a call."""

    def replace(match):
        token = match.group()
        if token.startswith("/"):
            return _blank(token)
        return token[0] + _blank(token[1:-1]) + token[-1]

    return _TOKEN.sub(replace, text)


def _function_name(header):
    test = re.search(r"\b(TEST\w*|TYPED_TEST\w*|BENCHMARK\w*)\s*\(([^()]*)\)\s*$", header)
    if test:
        return f"{test.group(1)}({' '.join(test.group(2).split())})"
    name = re.search(r"([~\w:]+|operator\s*\S+?)\s*\(", header)
    return name.group(1) if name else "?"


def functions(text):
    """(name, first line, number of lines) of every function body, tests included."""
    code = strip_comments_and_strings(text)
    code = _PREPROCESSOR.sub(lambda match: _blank(match.group()), code)
    found = []
    stack = []  # One entry per open brace: (is a function, where its header begins, name).
    header_begin = 0
    for match in re.finditer(r"[{};]", code):
        position = match.start()
        inside = any(entry[0] for entry in stack)
        if match.group() == "{":
            header = code[header_begin:position]
            opens = not inside and "(" in header and not _NOT_A_FUNCTION.search(header)
            if opens and _TYPE.search(header.split("(")[0]) and ")" not in header:
                opens = False
            begin = header_begin + len(header) - len(header.lstrip())
            stack.append((opens, begin, _function_name(header) if opens else ""))
        elif match.group() == "}" and stack:
            is_function, begin, name = stack.pop()
            if is_function:
                first = code.count("\n", 0, begin) + 1
                last = code.count("\n", 0, position) + 1
                found.append((name, first, last - first + 1))
        header_begin = match.end()
        # `public:` and friends are not part of the next function's header.
        label = re.match(r"\s*(public|private|protected)\s*:", code[header_begin:header_begin + 80])
        if label:
            header_begin += label.end()
    return found
