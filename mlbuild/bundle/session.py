"""Runs ONNX models on numpy arrays."""

from __future__ import annotations

from mlbuild.bundle.inputs import Arrays
from mlbuild.bundle.runtime import onnxruntime


class Session:
    """A loaded model. With one thread, the default, the result for a row does not depend on its batch."""

    def __init__(self, model: bytes, threads: int = 1) -> None:
        library = onnxruntime()
        options = library.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # errors are raised as exceptions, too
        session = library.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.input_names = [value.name for value in session.get_inputs()]
        self.output_names = [value.name for value in session.get_outputs()]
        # `run` of the public class looks up each input in a list of all of them: 0.2 s for 7,000 inputs. `_sess` is the
        # compiled session, which it calls, and which checks the inputs itself.
        self._session = getattr(session, "_sess", session)

    def run(self, feed: Arrays) -> Arrays:
        """Return all outputs by name."""
        wanted = {name: feed[name] for name in self.input_names}
        return dict(zip(self.output_names, self._session.run(self.output_names, wanted, None), strict=True))


def refusals() -> tuple[type[Exception], ...]:
    """Return the exceptions that onnxruntime raises if it cannot load or run a model."""
    kinds = vars(onnxruntime().capi.onnxruntime_pybind11_state).values()
    own = (kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Exception))
    return (*own, RuntimeError, MemoryError)
