"""A small model of text, trained for 500 steps while it records: look at it beside, with `rnn-tui watch runs/text`.

    python docs/examples/text_model.py [FOLDER]

It learns which character comes next in a few lines of Alice's Adventures in Wonderland (Lewis Carroll, 1865), with one
GRU. Every tenth step is recorded: in a training of hours, every hundredth is enough.
"""

import sys

import torch

import core

TEXT = """Alice was beginning to get very tired of sitting by her sister on the bank, and of having nothing to do: once
or twice she had peeped into the book her sister was reading, but it had no pictures or conversations in it, and what
is the use of a book, thought Alice, without pictures or conversations? So she was considering in her own mind, as well
as she could, for the hot day made her feel very sleepy and stupid, whether the pleasure of making a daisy-chain would
be worth the trouble of getting up and picking the daisies, when suddenly a White Rabbit with pink eyes ran close by
her."""
STEPS, TIMES, EXAMPLES, UNITS = 500, 40, 16, 48


class Model(torch.nn.Module):
    """What comes next, from all that came before."""

    def __init__(self, symbols: int) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(symbols, 16)
        self.rnn = torch.nn.GRU(16, UNITS)
        self.out = torch.nn.Linear(UNITS, symbols)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Logits (T, B, symbols) from ids (T, B)."""
        return self.out(self.rnn(self.embedding(ids))[0])


def main(folder: str = "runs/text") -> None:
    """Train it, and record into a folder."""
    torch.manual_seed(1)
    text = " ".join(TEXT.split())
    symbols = sorted(set(text))
    ids = torch.tensor([symbols.index(one) for one in text])
    model = Model(len(symbols))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    recorder = core.pytorch.Recorder(model, folder, every=10)
    for update in range(STEPS):
        starts = torch.randint(0, len(ids) - TIMES - 1, (EXAMPLES,))
        windows = ids[starts + torch.arange(TIMES + 1)[:, None]]
        with recorder as step:
            logits = model(windows[:-1])
            step.loss = loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), windows[1:].flatten())
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # within the block, so that it is recorded too
        optimizer.step()
        optimizer.zero_grad()
        if update % 50 == 0:
            print(f"update {update}: loss {loss.item():.3f}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:2])
