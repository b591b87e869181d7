"""The PatchGAN discriminator."""

import torch
from torch import nn

from cyclegan.networks import DISCRIMINATORS
from cyclegan.networks.norm import InstanceNorm
from cyclegan.networks.patchgan import PatchGan


def test_the_weights_have_the_public_names_and_shapes() -> None:
    shapes = {key: tuple(value.shape) for key, value in PatchGan().state_dict().items()}
    assert shapes == {
        "model.0.weight": (64, 3, 4, 4),
        "model.0.bias": (64,),
        "model.2.weight": (128, 64, 4, 4),
        "model.2.bias": (128,),
        "model.5.weight": (256, 128, 4, 4),
        "model.5.bias": (256,),
        "model.8.weight": (512, 256, 4, 4),
        "model.8.bias": (512,),
        "model.11.weight": (1, 512, 4, 4),
        "model.11.bias": (1,),
    }


def test_each_value_of_the_answer_is_about_70_px() -> None:
    network = PatchGan()
    for name, module in list(network.model.named_children()):
        if isinstance(module, InstanceNorm):  # which sees all of an image
            network.model[int(name)] = nn.Identity()
    image = torch.zeros(1, 3, 160, 160, requires_grad=True)
    answer = network(image)
    answer[0, 0, 9, 9].backward()
    assert image.grad is not None
    seen = image.grad[0].abs().sum(0) > 0
    assert (int(seen.any(1).sum()), int(seen.any(0).sum())) == (70, 70)
    assert int(seen.sum()) == 70**2


def test_answers_lie_8_px_apart() -> None:
    assert PatchGan()(torch.zeros(2, 3, 128, 96)).shape == (2, 1, 14, 10)
    assert PatchGan()(torch.zeros(1, 3, 32, 32)).shape == (1, 1, 2, 2)


def test_the_discriminator_is_found_by_its_name() -> None:
    assert isinstance(DISCRIMINATORS["patchgan"](), PatchGan)
