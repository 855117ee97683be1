"""Fails when a takt backend skips, or does not have, a conformance test that local-task runs.

Runs the CTS program once with local-task and once per takt backend, and compares test by test.
Also compares with skips.md, the list people read: every skip must be there with its reason,
and nothing else.

usage: check_skips.py CTS_PROGRAM SKIPS_MD TAKT_BACKEND...
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

REFERENCE = "local_task"


def results(program, backend):
    """{test without the backend's name: skipped?} of one run."""
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder, "report.json")
        run = subprocess.run([program, "--gtest_brief=1", f"--gtest_output=json:{report}",
                              f"--gtest_filter=*/{backend}:*/{backend}_llvm_cpu:"
                              f"*/{backend}_vmvx"],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             timeout=60)
        if not report.exists():
            sys.exit(f"{backend}: the run ended with status {run.returncode} and no report; "
                     f"run {program} --gtest_filter='*/{backend}*'\n{run.stdout[-2000:]}")
        suites = json.loads(report.read_text())["testsuites"]
    return {f"{suite['name']}.{test['name'].replace('/' + backend, '')}":
            test["result"] == "SKIPPED"
            for suite in suites for test in suite["testsuite"]}


def short_name(test):
    """CTS/ExecutableTest.ExportParameters_vmvx -> ExecutableTest.ExportParameters."""
    return re.sub(r"^\w+/|_(llvm_cpu|vmvx)$", "", test)


def main():
    program, skips_md, *backends = sys.argv[1:]
    listed = set(re.findall(r"^- `(\w+\.\w+)`: .", pathlib.Path(skips_md).read_text(), re.M))
    reference = results(program, REFERENCE)
    if not any(not skipped for skipped in reference.values()):
        sys.exit(f"{REFERENCE} ran no test at all; nothing can be compared")
    wrong = []
    skipped_by_takt = set()
    for backend in backends:
        ours = results(program, backend)
        for test, reference_skips in sorted(reference.items()):
            if test not in ours:
                wrong.append(f"{backend}: {test} does not exist; is a tag missing?")
            elif ours[test]:
                skipped_by_takt.add(short_name(test))
                if not reference_skips:
                    wrong.append(f"{backend}: {test} is skipped, {REFERENCE} runs it")
        count = sum(ours.values())
        print(f"{backend}: {len(ours)} tests, {len(ours) - count} run, {count} skipped")
    wrong += [f"skips.md does not list {name}" for name in sorted(skipped_by_takt - listed)]
    wrong += [f"skips.md lists {name}, which is not skipped"
              for name in sorted(listed - skipped_by_takt)]
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


main()
