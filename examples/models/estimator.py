"""A state estimator: one GRU over the last ten samples of the robot's own senses.

Input 1x10x33 (6 inertial, 12 joint positions, 12 joint velocities, 3 gravity), hidden 128,
unrolled; output 1x9: base velocity, orientation error, contact-free foot height and such.
The input side of all gates is one matmul for the ten steps; the recurrent side is serial.
"""

import numpy as np

from onnx_net import Net

STEPS, SENSES, HIDDEN = 10, 33, 128


def step(net, gates_x, hidden, recurrent, bias, one):
    """One GRU step (reset before the candidate's matmul result, as cuDNN has it)."""
    def part(tensor, k):
        return net.slice(tensor, 1, k * HIDDEN, (k + 1) * HIDDEN)
    gates_h = net.add(net.matmul(hidden, recurrent), bias)
    update = net.sigmoid(net.add(part(gates_x, 0), part(gates_h, 0)))
    reset = net.sigmoid(net.add(part(gates_x, 1), part(gates_h, 1)))
    candidate = net.tanh(net.add(part(gates_x, 2), net.mul(reset, part(gates_h, 2))))
    return net.add(net.mul(net.sub(one, update), candidate), net.mul(update, hidden))


def samples(rng):
    """Slowly changing signals, as inertial and joint sensors give."""
    t = np.arange(STEPS)[:, None] * 0.005
    rate, phase = rng.uniform(5, 60, SENSES), rng.uniform(0, 6.28, SENSES)
    return (np.sin(rate * t + phase) + 0.1 * rng.standard_normal((STEPS, SENSES)))[None]


def estimator():
    net = Net("estimator", seed=10)
    x = net.input("senses", samples(net.rng))
    x = net.reshape(x, (STEPS, SENSES))
    gates = net.dense(x, 3 * HIDDEN)
    # Orthogonal recurrent weights: the state neither dies nor explodes over the steps.
    blocks = [np.linalg.qr(net.rng.standard_normal((HIDDEN, HIDDEN)))[0] for _ in range(3)]
    recurrent = net.weight(np.round(np.concatenate(blocks, axis=1), 5))
    bias = net.constant((0.1 * net.rng.standard_normal(3 * HIDDEN)).astype(np.float32))
    one = net.constant(np.float32(1))
    hidden = net.constant(np.zeros((1, HIDDEN), np.float32), "state")
    for k in range(STEPS):
        hidden = step(net, net.slice(gates, 0, k, k + 1), hidden, recurrent, bias, one)
    net.output("state", net.dense(hidden, 9, gain=0.5))
    return net
