"""Make the files of PyTorch here, and what PyTorch itself computes with each: python make_torch_files.py.

Needs torch 2.13 and safetensors. Beside each file stands an .npz of the same name with its layers one by one, as
`layer0`, `layer0_reverse`, `layer1`: inputs (T, B, N_X), states (T, B, P), the gradient `probe` (B, P) at the last
state, and the norms, by lag, of what each step adds to the gradient of a parameter: those of a copy of the cell for
each step. Three files have `.whole.reference.npz` beside them too, with the same of the whole network, a stack or one
with its table of embeddings, for every parameter by its name in the file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from torch.func import functional_call

HERE = Path(__file__).parent
T, B, N_X, H = 7, 2, 2, 3
PARAMETERS = {"weight_hh": "recurrent", "weight_ih": "input", "bias_ih": "bias", "bias_hh": "recurrent_bias"}


class Model(nn.Module):
    """A recurrent layer between a table of embeddings, if it has one, and a read-out."""

    def __init__(self, kind: str = "LSTM", ids: int = 0, inputs: int = N_X, **how: object) -> None:
        super().__init__()
        if ids:
            self.embedding = nn.Embedding(ids, inputs)
        self.rnn = getattr(nn, kind)(inputs, H, **how)
        shown = (how.get("proj_size") or H) * (2 if how.get("bidirectional") else 1)
        self.fc = nn.Linear(shown, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.rnn(x)[0])


def made(seed: int, dtype: torch.dtype = torch.float64, **how: object) -> Model:
    torch.manual_seed(seed)
    model = Model(**how).to(dtype)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.6)
    return model


def reference(name: str, rnn: nn.RNNBase, seed: int = 0) -> None:
    """What PyTorch computes, layer by layer and direction by direction."""
    rnn = rnn.to(torch.float64)  # a file of 16 or 32 bits: its numbers, computed with in 64
    generator = torch.Generator().manual_seed(seed + 1000)
    x = torch.randn(T, B, rnn.input_size, dtype=torch.float64, generator=generator)
    found: dict[str, np.ndarray] = {"output": rnn(x)[0].detach().numpy(), "input": x.numpy()}
    for layer in range(rnn.num_layers):
        shown = []
        for direction in ("", "_reverse") if rnn.bidirectional else ("",):
            own = x.flip(0) if direction else x
            one = of_layer(rnn, layer, direction)
            states = one(own)[0]
            found |= {f"layer{layer}{direction}_{key}": value for key, value in by_lag(one, own, generator).items()}
            shown.append(states.flip(0) if direction else states)
        x = torch.cat(shown, dim=2).detach()
    np.savez_compressed(HERE / f"{name}.reference.npz", **found)


def of_layer(rnn: nn.RNNBase, layer: int, direction: str) -> nn.RNNBase:
    """One layer in one direction, as a module of PyTorch's own."""
    state = {
        key.replace(f"_l{layer}{direction}", "_l0"): value
        for key, value in rnn.state_dict().items()
        if key.endswith(f"_l{layer}{direction}")
    }
    more = {"nonlinearity": rnn.nonlinearity} if isinstance(rnn, nn.RNN) else {}
    width = state["weight_ih_l0"].shape[1]
    proj = {"proj_size": rnn.proj_size} if rnn.proj_size else {}
    one = type(rnn)(width, rnn.hidden_size, bias=rnn.bias, **more, **proj).to(torch.float64)
    one.load_state_dict(state)
    return one


def by_lag(one: nn.RNNBase, x: torch.Tensor, generator: torch.Generator) -> dict[str, np.ndarray]:
    """States, and the norm of what step T − k adds to each parameter's gradient: untied copies of the weights."""
    copies = [{key: value.detach().clone().requires_grad_() for key, value in one.state_dict().items()} for _ in x]
    state, states = None, []
    for step, copy in zip(x, copies, strict=True):
        given = (step[None],) if state is None else (step[None], state)
        output, state = functional_call(one, copy, given)
        states.append(output[0])
    probe = torch.randn(states[-1].shape, dtype=torch.float64, generator=generator)
    (states[-1] * probe).sum().backward()
    found = {"inputs": x, "states": torch.stack(states).detach(), "probe": probe}
    for key, role in PARAMETERS.items():
        if f"{key}_l0" in copies[0]:
            found[role] = torch.stack([copy[f"{key}_l0"].grad.norm() for copy in reversed(copies)])
    return {key: value.detach().numpy() for key, value in found.items()}


def whole(name: str, seed: int = 3, **how: object) -> None:
    """What PyTorch computes with all that stands in a file but its read-out, a copy of it for each step."""
    model = Model(**how).to(torch.float64)
    model.load_state_dict(torch.load(HERE / name))
    generator = torch.Generator().manual_seed(seed)
    copies = [
        {key: value.detach().clone().requires_grad_() for key, value in model.named_parameters()} for _ in range(T)
    ]
    if how.get("ids"):
        x = torch.randint(int(how["ids"]), (T, B), generator=generator)
    else:
        x = torch.randn(T, B, N_X, dtype=torch.float64, generator=generator)
    state, states = None, []
    for step, copy in zip(x, copies, strict=True):
        read = nn.functional.embedding(step, copy["embedding.weight"]) if how.get("ids") else step
        own = {key.removeprefix("rnn."): value for key, value in copy.items() if key.startswith("rnn.")}
        given = (read[None],) if state is None else (read[None], state)
        output, state = functional_call(model.rnn, own, given)
        states.append(output[0])
    probe = torch.randn(states[-1].shape, dtype=torch.float64, generator=generator)
    (states[-1] * probe).sum().backward()
    found = {"inputs": x, "states": torch.stack(states).detach(), "probe": probe}
    for key in copies[0]:
        if not key.startswith("fc."):
            found[key] = torch.stack([copy[key].grad.norm() for copy in reversed(copies)])
    np.savez_compressed(HERE / f"{name}.whole.reference.npz", **{key: value.numpy() for key, value in found.items()})


class Headed(nn.Module):
    """A GRU and a read-out of two layers over the mean of its states."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.GRU(N_X, H)
        self.head = nn.Sequential(nn.Linear(H, 5), nn.Dropout(), nn.ReLU(), nn.Linear(5, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.rnn(x)[0].mean(0))


def headed(seed: int = 11) -> None:
    """Its state_dict and its whole module, its outputs, and the gradient of ½ ‖y − target‖² over B."""
    torch.manual_seed(seed)
    model = Headed().to(torch.float64).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.6)
    torch.save(model.state_dict(), HERE / "headed.pt")
    torch.save(model, HERE / "headed_module.pt")
    x, targets = torch.randn(T, B, N_X, dtype=torch.float64), torch.randn(B, 2, dtype=torch.float64)
    outputs = model(x)
    (0.5 * (outputs - targets).square().sum() / B).backward()
    found = {"inputs": x, "targets": targets, "outputs": outputs.detach()}
    found |= {name: one.grad for name, one in model.named_parameters()}
    np.savez_compressed(HERE / "headed.pt.reference.npz", **{key: value.numpy() for key, value in found.items()})


def wholes() -> None:
    """The references of whole networks, from the files that are there."""
    whole("stack3.pt", num_layers=3)
    whole("projected.pt", proj_size=2)
    whole("embedded.pt", kind="GRU", ids=11, inputs=5)


def main() -> None:
    """Every file, with its reference."""
    lstm = made(1)
    optimizer = torch.optim.Adam(lstm.parameters())
    lstm(torch.randn(T, B, N_X, dtype=torch.float64)).sum().backward()
    optimizer.step()
    lightning = {f"model.{key}": value for key, value in lstm.state_dict().items()}
    torch.save({"epoch": 3, "state_dict": lightning, "optimizer_states": [optimizer.state_dict()]}, HERE / "lstm.ckpt")
    reference("lstm.ckpt", lstm.rnn)
    gru = made(2, kind="GRU")
    torch.save(gru.state_dict(), HERE / "gru_legacy.pt", _use_new_zipfile_serialization=False)
    reference("gru_legacy.pt", gru.rnn)
    relu = made(3, kind="RNN", nonlinearity="relu")
    torch.save(relu, HERE / "rnn_module.pt")
    reference("rnn_module.pt", relu.rnn)
    torch.save(relu.state_dict(), HERE / "rnn_weights.pt")
    reference("rnn_weights.pt", relu.rnn)
    torch.save(relu, HERE / "rnn_module_legacy.pt", _use_new_zipfile_serialization=False)
    reference("rnn_module_legacy.pt", relu.rnn)
    torch.jit.script(made(4)).save(str(HERE / "lstm_script.pt"))
    reference("lstm_script.pt", made(4).rnn)
    for name, how in {
        "stack3.pt": {"num_layers": 3},
        "bidirectional.pt": {"kind": "GRU", "num_layers": 2, "bidirectional": True},
        "projected.pt": {"proj_size": 2},
        "embedded.pt": {"kind": "GRU", "ids": 11, "inputs": 5},
        "no_bias.pt": {"bias": False},
        "float32.pt": {"kind": "GRU", "dtype": torch.float32},
    }.items():
        model = made(5, **how)
        torch.save(model.state_dict(), HERE / name)
        reference(name, model.rnn)
    for name, dtype in {"half.safetensors": torch.float16, "bfloat16.safetensors": torch.bfloat16}.items():
        model = made(6, dtype, kind="GRU")
        save_file(model.state_dict(), HERE / name, {"format": "pt"})
        reference(name, model.rnn)
    model = made(6, torch.bfloat16)
    torch.save(model.state_dict(), HERE / "bfloat16.pt")
    reference("bfloat16.pt", model.rnn)
    model = made(7)
    np.savez(HERE / "lstm.npz", **{key: value.numpy() for key, value in model.state_dict().items()})
    reference("lstm.npz", model.rnn)
    normed()
    wholes()
    headed()


def normed() -> None:
    """Weight norm, as it stands in the files of older and of newer versions."""
    for name, norm in {
        "weight_norm.pt": nn.utils.parametrizations.weight_norm,
        "weight_norm_old.pt": nn.utils.weight_norm,
    }.items():
        model = made(8)
        norm(model.rnn, "weight_hh_l0")
        sizes = next(one for key, one in model.rnn.named_parameters() if key.endswith(("_g", "original0")))
        with torch.no_grad():
            sizes.mul_(torch.linspace(0.5, 1.5, sizes.numel()).reshape(sizes.shape))
        torch.save(model.state_dict(), HERE / name)
        plain = made(8)
        with torch.no_grad():
            model(torch.randn(T, B, N_X, dtype=torch.float64))
            plain.rnn.weight_hh_l0.copy_(model.rnn.weight_hh_l0)
        reference(name, plain.rnn)


if __name__ == "__main__":
    main()
