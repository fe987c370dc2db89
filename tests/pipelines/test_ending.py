"""Tests of the end of `kedro run`: nothing holds the process after its last line."""

import os
import subprocess
import sys
import textwrap

from conftest import ROOT, make_project

RUN = """
    import atexit, gc, sys, threading
    import psutil
    atexit.register(lambda: print("search", gc.get_freeze_count() == 0))  # registered first, so called last
    from kedro.framework.cli import main
    sys.argv = ["kedro", "run", "--pipelines=gan", "--env=test"]
    try:
        main()
    except SystemExit as end:
        print("code", end.code)
    print("threads", [each.name for each in threading.enumerate() if not each.daemon and each is not threading.main_thread()])
    print("children", [each.cmdline() for each in psutil.Process().children(recursive=True)])
"""


def test_a_run_leaves_no_thread_and_no_process_and_its_end_searches_no_memory(tmp_path):
    project = make_project(tmp_path, recipes=("gan",))
    variables = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    variables["PYTHONPATH"] = os.pathsep.join([str(ROOT), variables.get("PYTHONPATH", "")])
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(RUN)], cwd=project, env=variables, capture_output=True, text=True)
    lines = run.stdout.splitlines()
    assert lines[-4:] == ["code 0", "threads []", "children []", "search False"], run.stdout + run.stderr
    assert run.returncode == 0 and "browse     make ui" in lines[-5]
