"""The names of the weights of CycleGAN's generator."""

from cyclegan.networks.resnet import Resnet


def test_the_weights_have_the_public_names() -> None:
    blocks = {f"model.{n}.conv_block.{layer}" for n in range(10, 19) for layer in (1, 5)}
    others = {f"model.{n}" for n in (1, 4, 7, 19, 22, 26)}
    wanted = {f"{layer}.{kind}" for layer in blocks | others for kind in ("weight", "bias")}
    assert Resnet().state_dict().keys() == wanted
