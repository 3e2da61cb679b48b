"""Greedy decoding with a stop token: a network, trained here, that spells the digits letter by letter."""

import eager as xp
from dy2static.decorator import to_static
from dy2static.report.case import Case
from eager import nn, optim

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
LETTERS = "." + "".join(sorted(set("".join(WORDS))))
STOP = 0
LONGEST = 10


class Speller(nn.Module):
    """A recurrent network that reads its own last letter; the digit to spell is its first state."""

    def __init__(self, generator):
        self.digit = nn.Embedding(10, 24, generator=generator)
        self.letter = nn.Embedding(len(LETTERS), 12, generator=generator)
        self.cell = nn.GRUCell(12, 24, generator=generator)
        self.readout = nn.Linear(24, len(LETTERS), generator=generator)

    def forward(self, digit):
        """The letters up to the stop token, or the first ten."""
        h = self.digit(digit)
        letter = xp.asarray(STOP)
        written = []
        while len(written) < LONGEST:
            h = self.cell(self.letter(letter), h)
            letter = xp.argmax(self.readout(h))
            if letter == STOP:
                break
            written.append(letter)
        return xp.stack(written)

    def loss(self, digits, words):
        """words (count, longest): padded with the stop token. The network reads the true letters."""
        h = self.digit(digits)
        letter = xp.zeros_like(digits)
        total = 0.0
        for t in range(words.shape[1]):
            h = self.cell(self.letter(letter), h)
            letter = words[:, t]
            total = total + xp.cross_entropy(self.readout(h), letter)
        return total


def train(model):
    longest = max(map(len, WORDS)) + 1
    words = xp.asarray([[LETTERS.index(letter) for letter in word.ljust(longest, ".")] for word in WORDS])
    digits = xp.arange(10)
    optimizer = optim.Adam(model.parameters(), lr=0.02)

    @to_static
    def step():
        optimizer.zero_grad()
        model.loss(digits, words).backward()
        optimizer.step()

    for _ in range(150):
        step()
    model.requires_grad_(False)


def spelled(letters):
    return "".join(LETTERS[int(letter)] for letter in letters)


def case() -> Case:
    model = Speller(xp.random.Generator(0))
    train(model)
    decode = to_static(model.forward)
    right = sum(spelled(decode(xp.asarray(i))) == word for i, word in enumerate(WORDS))
    return Case(
        name="decoding",
        title="Greedy decoding with a stop token",
        function=model.forward,
        example=(xp.asarray(6),),
        other=(xp.asarray(7),),
        described=("the digit 6", "the digit 7"),
        no_gradient="tokens are integers",
        show=spelled,
        note=f"{right} of 10 digits are spelled right.",
    )
