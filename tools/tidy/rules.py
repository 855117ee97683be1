"""The rules of tidy. Each takes a Tree and yields (path, line, what is wrong; what to do)."""

import re

from source_text import strip_comments_and_strings
from tree import is_test, room_of

LINE_LENGTH_MAX = 100
BLOB_BYTES_MAX = 256 * 1024

# Rooms and the rooms right below them; what is below those is allowed as well.
ROOMS = {
    "base": [],
    "model": ["base"],
    "compile": ["model"],
    "cost": ["model"],
    "solve": ["model"],
    "trace": ["model"],
    "dispatch": ["model"],
    "sim": ["dispatch"],
    "run": ["dispatch"],
    "hal": ["run"],
    "app": ["hal", "compile", "cost", "solve", "trace", "sim"],
    "cli": ["app"],
}

_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def rooms_below(room):
    below = set()
    for lower in ROOMS.get(room, []):
        below |= {lower} | rooms_below(lower)
    return below


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def includes_go_down(tree):
    for path, text in tree.cpp().items():
        room = room_of(path)
        if room is None:
            continue
        if room not in ROOMS:
            yield path, 1, f"src/{room} is not a room; add it to ROOMS of tools/tidy/rules.py"
            continue
        for match in _INCLUDE.finditer(text):
            target = match.group(1).split("/")[0]
            if target in ("bench", "tests") and room != "cli":
                yield (path, line_of(text, match.start()),
                       f"{room} includes {match.group(1)}; only cli may use {target}/")
            if target in ROOMS and target != room and target not in rooms_below(room):
                may = ", ".join(sorted(rooms_below(room))) or "nothing"
                yield (path, line_of(text, match.start()),
                       f"{room} includes {match.group(1)}, not below it; it may include: {may}")


def _included_files(tree):
    included = set()
    for path, text in tree.cpp().items():
        here = path.rsplit("/", 1)[0] if "/" in path else "."
        for match in _INCLUDE.finditer(text):
            included.add("src/" + match.group(1))
            included.add(f"{here}/{match.group(1)}")
            included.add(match.group(1))
    return included


def headers_are_included(tree):
    included = _included_files(tree)
    for path in tree.cpp():
        if path.endswith(".h") and path not in included:
            yield path, 1, "nobody includes this header; remove it, or use it"


def _cmake_near(tree, path):
    """Text of the CMakeLists.txt of the file's directory or of the nearest one above."""
    parts = path.split("/")[:-1]
    while parts:
        near = "/".join(parts + ["CMakeLists.txt"])
        if near in tree.text:
            return tree.text[near]
        parts.pop()
    return tree.text.get("CMakeLists.txt", "")


def sources_are_built(tree):
    """src/ is globbed by cmake/rooms.cmake; elsewhere CMakeLists.txt names files or globs."""
    for path in tree.cpp():
        if path.endswith(".h"):
            continue
        if path.startswith("src/"):
            if room_of(path) == "cli" and path.count("/") > 2:
                yield path, 1, "src/cli is built from its own directory only; move the file up"
            continue
        cmake, name = _cmake_near(tree, path), path.rsplit("/", 1)[-1]
        globbed = re.search(r"GLOB[^)]*\*" + re.escape(name[name.rindex("."):]), cmake)
        named = path in tree.text.get("cmake/rooms.cmake", "")
        if name not in cmake and not globbed and not named:
            yield path, 1, "no CMakeLists.txt builds this file; add it there, or remove it"


def scripts_are_used(tree):
    for path in tree.python():
        stem = path.rsplit("/", 1)[-1][: -len(".py")]
        if stem == "__init__" or stem.endswith("_test"):
            continue
        word = re.compile(rf"\b{re.escape(stem)}\b")
        if not any(word.search(text) for other, text in tree.text.items() if other != path):
            yield path, 1, f"no other file mentions {stem}; remove it, or document how it is called"


def header_guards(tree):
    for path, text in tree.cpp().items():
        if path.endswith(".h") and "#pragma once" not in text:
            yield path, 1, "the header has no guard; add #pragma once below the comment"


def _header_speaks_for(tree, path):
    """x.cpp, x_test.cpp and x_bench.cpp beside x.h are explained there."""
    base = re.sub(r"(_test|_bench|_fuzz)?\.(cpp|cc)$", "", path)
    return base + ".h" in tree.text and not path.endswith(".h")


def top_comments(tree):
    for path, text in tree.text.items():
        lines = text.splitlines() or [""]
        first = lines[1] if lines[0].startswith("#!") and len(lines) > 1 else lines[0]
        name = path.rsplit("/", 1)[-1]
        cpp = path.endswith((".cpp", ".cc", ".h"))
        if cpp and not first.startswith(("//", "/*")) and not _header_speaks_for(tree, path):
            yield path, 1, "no comment on top; say what the file is, its place, its contract"
        if path.endswith(".py") and name != "__init__.py" and not first.startswith(('"""', "#")):
            yield path, 1, "no docstring on top; say what the script does and how it is called"
        script = path.endswith((".sh", ".cmake")) or name == "CMakeLists.txt"
        if script and not first.startswith("#"):
            yield path, 1, "no comment on top; say what the file is"


def line_shape(tree):
    for path, text in tree.text.items():
        if text and not text.endswith("\n"):
            yield path, text.count("\n") + 1, "the last line does not end; add a newline"
        code = path.endswith((".cpp", ".cc", ".h", ".py", ".cmake", ".sh", "CMakeLists.txt"))
        for number, line in enumerate(text.split("\n"), 1):
            if line.endswith((" ", "\t", "\r")) and not path.endswith((".md", ".fjs", ".jsp")):
                yield path, number, "white space at the end of the line; remove it"
            if code and "\t" in line:
                yield path, number, "a tab; indent with 2 spaces (Python: 4)"
            if code and len(line) > LINE_LENGTH_MAX:
                yield path, number, f"{len(line)} columns; break the line at {LINE_LENGTH_MAX}"


def file_names(tree):
    for path in tree.cpp():
        name = path.rsplit("/", 1)[-1]
        if not re.fullmatch(r"[a-z0-9_]+(\.cc|\.cpp|\.c|\.h)", name):
            yield path, 1, "file names are snake_case"
        if path.startswith("src/") and path.count("/") > 3:
            yield path, 1, "src is at most two directories deep; move the file up"


def no_blobs(tree):
    for path, size in tree.size.items():
        if size > BLOB_BYTES_MAX:
            most = BLOB_BYTES_MAX // 1024
            yield path, 1, f"{size // 1024} KiB; generate it instead (at most {most} KiB)"


# (pattern in code, where it is banned, what to use instead)
def _everywhere(path):
    return True


def _in_tests(path):
    return is_test(path) and not path.endswith("_bench.cpp")


def _below_app(path):
    return room_of(path) not in (None, "cli", "app") and not is_test(path)


def _header_below_app(path):
    return _below_app(path) and path.endswith(".h")


def _outside(*allowed):
    return lambda path: not path.startswith(allowed)


BANNED = [
    (r"\b(sleep_for|sleep_until|usleep|nanosleep)\s*\(|(?<![\w.>:])sleep\s*\(", _in_tests,
     "a test that sleeps; wait for the condition itself, or use a fake clock (base/clock.h)"),
    (r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok)\s*\(", _everywhere,
     "unbounded C strings; use std::string or snprintf"),
    (r"\b(atoi|atol|atof)\s*\(", _everywhere, "no error is seen; use std::from_chars"),
    (r"\b(rand|srand)\s*\(|\brandom_device\b|\bmt19937", _outside("src/base/rng"),
     "not reproducible on every machine; use Rng of base/rng.h with a printed seed"),
    (r"\bsystem_clock\b|\bgettimeofday\s*\(", _outside("src/base/clock"),
     "it jumps; use Clock of base/clock.h"),
    (r"\bstd::(cout|cerr|clog)\b", _everywhere, "iostreams; use std::printf / std::fputs in cli/"),
    (r"(?<![\w>.])(?:std::)?(printf|puts|putchar)\s*\(", _below_app,
     "rooms below app print nothing; return a value or a Status"),
    (r"\bstd::endl\b", _everywhere, "it flushes; use '\\n'"),
    (r"(?<![\w>.:])assert\s*\(", _everywhere, "use CHECK or DCHECK of base/check.h"),
    (r"\bthrow\b(?!\s*\()", _everywhere,
     "no exceptions of our own; return a Result (base/result.h)"),
    (r"\b(malloc|calloc|realloc)\s*\(", _everywhere, "use a container or std::make_unique"),
    (r"\bdelete\b(?=\s*(\[\]\s*)?[\w(*])", _outside("src/hal/"), "use std::unique_ptr"),
    (r"\b(float|double)\s+\w+_(ns|us|ms)_?\s*[;={]", _header_below_app,
     "times are integer nanoseconds (Nanos); a floating-point time exists only for display"),
]


def banned_calls(tree):
    for path, text in tree.cpp().items():
        code = strip_comments_and_strings(text)
        for pattern, applies, instead in BANNED:
            if not applies(path):
                continue
            for match in re.finditer(pattern, code):
                call = match.group().strip()
                if f"{path}:{call}" not in tree.exceptions.get("banned", {}):
                    yield path, line_of(code, match.start()), f"{call}: {instead}"
        if path.endswith(".h"):
            for match in re.finditer(r"\busing\s+namespace\b", code):
                yield path, line_of(code, match.start()), "using namespace in a header; name types"


# Written with [.] so that this file does not trip over itself.
_ADDRESSES = re.compile(
    r"pypi[.]org|pythonhosted[.]org|crates[.]io/|registry[.]npmjs|proxy[.]golang"
    r"|repo1?[.]maven|deb[.]debian[.]org")
_MACHINE_PATHS = re.compile(r"(?<![\w.$}*/-])/(?:work|root)/[\w.]")


def no_machine_paths(tree):
    for path, text in tree.text.items():
        for match in _ADDRESSES.finditer(text):
            address = match.group()
            yield path, line_of(text, match.start()), f"the address {address}; the clients know it"
        for match in _MACHINE_PATHS.finditer(text):
            found = match.group()
            yield path, line_of(text, match.start()), f"{found}: a path of one machine; derive it"


RULES = [
    includes_go_down, headers_are_included, sources_are_built, scripts_are_used, header_guards,
    top_comments, line_shape, file_names, no_blobs, banned_calls, no_machine_paths,
]
