"""Tests of the end of a process: it searches no objects, and loses no output."""

import subprocess
import sys
import textwrap

CYCLE = """
    import gc, sys
    class Loop:
        def __init__(self):
            self.me = self
        def __del__(self):
            print("searched", flush=True)
"""


def output(code: str) -> tuple[str, int]:
    """Output and exit code of this code in a new process."""
    result = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True)
    assert not result.stderr
    return result.stdout, result.returncode


def test_the_end_searches_no_unreachable_objects():
    """Without it, Python finds the cycle at the end and deletes it."""
    code = textwrap.dedent(CYCLE)
    assert output(f"{code}\nLoop()")[0] == "searched\n"
    assert output(f"{code}\nfrom genlab.engine.ending import end_at_once\nend_at_once()\nend_at_once()\nLoop()")[0] == ""


def test_the_collector_works_until_the_end():
    code = textwrap.dedent(CYCLE)
    found, _ = output(
        f"{code}\nfrom genlab.engine.ending import end_at_once\nend_at_once()\nLoop()\ngc.collect()\nprint(gc.get_freeze_count())"
    )
    assert found == "searched\n0\n"


def test_files_threads_functions_of_atexit_and_the_exit_code_are_those_of_any_process(tmp_path):
    file = tmp_path / "written"
    found, code = output(f"""
        import atexit, sys, threading, time
        atexit.register(print, "registered before")
        from genlab.engine.ending import end_at_once
        end_at_once()
        atexit.register(print, "registered after")
        threading.Thread(target=lambda: (time.sleep(0.2), print("thread"))).start()
        file = open({str(file)!r}, "w")
        file.write("buffered")
        sys.exit(3)
    """)
    assert found == "thread\nregistered after\nregistered before\n" and code == 3
    assert file.read_text() == "buffered"
