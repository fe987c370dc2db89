"""Options of onnxruntime sessions, the same wherever genlab runs an ONNX file."""

import onnxruntime


def session_options(
    threads: int = 0,  # of one operator; 0: one per core
) -> onnxruntime.SessionOptions:
    """Options of a session that logs errors only and whose threads sleep while they wait.

    By default, threads of onnxruntime spin while they wait. They then take the cores from other processes, and wait for each other
    when these take the cores from them.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # errors
    for pool in ("intra_op", "inter_op"):
        options.add_session_config_entry(f"session.{pool}.allow_spinning", "0")
    return options
