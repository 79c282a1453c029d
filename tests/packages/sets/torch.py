import torch

PACKAGES = ["torch"]
EXPECTED = [[3.0, 7.0]]
KIND = "sources that are read at run time"


def answer():
    matrix = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    return [(matrix @ torch.ones(2)).tolist()]
