"""A locomotion policy as reinforcement learning leaves it: MLP 48-512-256-128-12.

48 observations (base velocities, gravity, commands, joint positions, velocities, last
actions) to 12 joint targets; ELU between layers, tanh on the actions.
"""

import numpy as np

from onnx_net import Net


def policy():
    net = Net("policy", seed=48)
    x = net.input("observation", net.rng.standard_normal((1, 48)).astype(np.float32))
    for width in (512, 256, 128):
        x = net.elu(net.dense(x, width))
    net.output("action", net.tanh(net.dense(x, 12, gain=0.5)))
    return net
