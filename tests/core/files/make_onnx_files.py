"""Make the ONNX files here from networks of PyTorch: python make_onnx_files.py. Needs torch 2.13, onnx and onnxscript.

The references are those of the networks that were exported, with the keys of make_torch_files.py.
"""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from make_torch_files import Model, made, reference

HERE = Path(__file__).parent
T, B, N_X = 7, 2, 2


def exported(name: str, model: Model, x: torch.Tensor, *, newer: bool = False) -> None:
    how = {"external_data": False} if newer else {"dynamic_axes": {"x": {1: "batch"}}}
    torch.onnx.export(model.eval(), (x,), str(HERE / name), input_names=["x"], dynamo=newer, **how)
    if newer:
        graph = onnx.load(HERE / name)
        for node in graph.graph.node:
            del node.metadata_props[:]  # where in the program each came from: most of the file
        second = f"{name}.data"
        onnx.save(graph, HERE / name, save_as_external_data=name == "external.onnx", location=second, size_threshold=0)
    reference(name, model.rnn)


def main() -> None:
    """Every file, with its reference."""
    x = torch.randn(T, B, N_X, dtype=torch.float64)
    exported("lstm.onnx", made(11), x)
    exported("gru2.onnx", made(12, kind="GRU", num_layers=2, bidirectional=True), x)
    exported("rnn_relu.onnx", made(13, kind="RNN", nonlinearity="relu"), x)
    exported("external.onnx", made(14, torch.float32), x.float(), newer=True)
    exported("dissolved.onnx", made(15, torch.float32, kind="RNN"), x.float(), newer=True)
    folded()


def folded() -> None:
    """The LSTM of lstm.onnx with its weights behind Slice, Concat, Unsqueeze and If, as some exporters write them."""
    model = onnx.load(HERE / "lstm.onnx")
    graph, helper = model.graph, onnx.helper
    node = next(one for one in graph.node if one.op_type == "LSTM")
    weights = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    w, r, b = (weights[name] for name in node.input[1:4])
    for name in node.input[1:4]:
        graph.initializer.remove(next(one for one in graph.initializer if one.name == name))
    half = w.shape[1] // 2
    new = {"w_low": w[0, :half], "w_high": w[0, half:], "r_wide": torch.cat([torch.tensor(r)] * 2, 1).numpy()}
    new |= {"b_flat": b[0], "starts": [r.shape[1]], "ends": [2 * r.shape[1]], "axes": [1], "first": [0], "yes": [True]}
    kinds = {"starts": "int64", "ends": "int64", "axes": "int64", "first": "int64", "yes": "bool"}
    for name, value in new.items():
        array = torch.tensor(value).numpy().astype(kinds.get(name, "float64"))
        graph.initializer.append(onnx.numpy_helper.from_array(array, name))
    branch = [
        helper.make_graph(
            [helper.make_node("Unsqueeze", ["b_flat", "first"], [f"b_{which}"])],
            which,
            [],
            [helper.make_tensor_value_info(f"b_{which}", onnx.TensorProto.DOUBLE, b.shape)],
        )
        for which in ("then", "else")
    ]
    nodes = [
        helper.make_node("Concat", ["w_low", "w_high"], ["w_two"], axis=0),
        helper.make_node("Unsqueeze", ["w_two", "first"], [node.input[1]]),
        helper.make_node("Slice", ["r_wide", "starts", "ends", "axes"], [node.input[2]]),
        helper.make_node("If", ["yes"], [node.input[3]], then_branch=branch[0], else_branch=branch[1]),
    ]
    for at, one in enumerate(nodes):
        graph.node.insert(at, one)
    onnx.save(model, HERE / "folded.onnx")
    reference("folded.onnx", made(11).rnn)


if __name__ == "__main__":
    main()
