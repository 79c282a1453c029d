import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

PACKAGES = ["onnxruntime", "onnx", "numpy"]
EXPECTED = [[2.0, 4.0], ["CPUExecutionProvider"]]
KIND = "a library loaded by a compiled module"


def answer():
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [2])
    graph = helper.make_graph([helper.make_node("Add", ["x", "x"], ["y"])], "g", [x], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"x": np.array([1, 2], np.float32)})
    return [found.tolist(), session.get_providers()]
