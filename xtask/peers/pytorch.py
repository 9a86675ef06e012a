"""One network in PyTorch, eagerly, on random data: images a second and peak memory as JSON.

    python pytorch.py NETWORK train|infer f32|bf16 sgd|adam THREADS SECONDS

Training is ordinary backpropagation; bf16 is autocast. Images are channels_last. Needs torch.
"""
import json
import resource
import sys
import time

import torch
from torch import nn

BATCH = 64


def mlp(*sizes):
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:-1]):
        layers += [nn.Linear(inputs, outputs, bias=False), nn.LeakyReLU(0.25)]
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1], bias=False))


def vgg8b(channels, flat):
    layers = []
    for filters, pool in [(128, 0), (256, 1), (256, 0), (512, 1), (512, 1), (512, 1)]:
        layers += [nn.Conv2d(channels, filters, 3, padding=1, bias=False), nn.LeakyReLU(0.25)]
        layers += [nn.MaxPool2d(2)] * pool
        channels = filters
    layers += [nn.Flatten(), nn.Linear(flat, 1024, bias=False), nn.LeakyReLU(0.25)]
    return nn.Sequential(*layers, nn.Linear(1024, 10, bias=False))


NETWORKS = {
    "mlp1-784": (lambda: mlp(784, 100, 50, 10), (784,)),
    "mlp4-3072": (lambda: mlp(3072, 3000, 3000, 3000, 10), (3072,)),
    "vgg8b-1x28x28": (lambda: vgg8b(1, 512), (1, 28, 28)),
    "vgg8b-3x32x32": (lambda: vgg8b(3, 2048), (3, 32, 32)),
}


def main():
    name, mode, dtype, method, threads, seconds = sys.argv[1:]
    torch.set_num_threads(int(threads))
    torch.manual_seed(0)
    make, shape = NETWORKS[name]
    network, images = make(), torch.randn(BATCH, *shape)
    labels = torch.randint(0, 10, (BATCH,))
    if len(shape) == 3:
        network = network.to(memory_format=torch.channels_last)
        images = images.to(memory_format=torch.channels_last)
    optimizers = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}
    optimizer = optimizers[method](network.parameters(), lr=1e-3)

    def autocast():
        return torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == "bf16")

    def train():
        optimizer.zero_grad(set_to_none=True)
        with autocast():
            loss = nn.functional.cross_entropy(network(images), labels)
        loss.backward()
        optimizer.step()

    def infer():
        with torch.inference_mode(), autocast():
            network(images)

    step = train if mode == "train" else infer
    for _ in range(3):
        step()
    times, begun = [], time.perf_counter()
    while time.perf_counter() - begun < float(seconds) or len(times) < 5:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    times.sort()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    rate = BATCH / times[len(times) // 2]
    print(json.dumps({"images_a_second": rate, "peak_bytes": peak, "version": torch.__version__}))


main()
