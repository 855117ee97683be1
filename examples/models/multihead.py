"""One trunk, four heads of different depth: real branches, so waves hold several dispatches.

Input 1x3x96x96. Heads: drivable-area mask 1x2x24x24, depth 1x1x24x24, six-degree camera motion
1x6, and a scene class 1x8. Nothing in one head depends on another.
"""

from layers import smooth_image
from onnx_net import Net


def flat(net, x):
    return net.reshape(net.mean_pool(x), (1, x.shape[1]))


def mask_head(net, x):
    for _ in range(3):
        x = net.relu(net.conv(x, 32, 3))
    return net.sigmoid(net.conv(x, 2, 1))


def depth_head(net, x):
    x = net.relu(net.conv(x, 24, 3))
    return net.sigmoid(net.conv(x, 1, 3))


def motion_head(net, x):
    x = net.relu(net.conv(x, 64, 3, stride=2))
    x = net.relu(net.conv(x, 64, 3, stride=2))
    x = net.relu(net.dense(flat(net, x), 64))
    return net.tanh(net.dense(x, 6, gain=0.5))


def scene_head(net, x):
    x = net.relu(net.conv(x, 64, 1))
    return net.softmax(net.dense(flat(net, x), 8))


def multihead():
    net = Net("multihead", seed=4)
    x = net.input("image", smooth_image(net.rng, 3, 96))
    x = net.relu(net.conv(x, 16, 3, stride=2))
    x = net.relu(net.conv(x, 32, 3, stride=2))
    x = net.relu(net.conv(x, 48, 3))
    net.output("mask", mask_head(net, x))
    net.output("depth", depth_head(net, x))
    net.output("motion", motion_head(net, x))
    net.output("scene", scene_head(net, x))
    return net
