"""A small vision transformer: 1x3x64x64, 8x8 patches (64 tokens of 96), 4 blocks, 4 heads.

Pre-norm blocks: attention, then an MLP of twice the width; mean over tokens; ten classes.
"""

import numpy as np

from layers import smooth_image
from onnx_net import Net

PATCH, WIDTH, BLOCKS, HEADS, CLASSES = 8, 96, 4, 4, 10


def attention(net, x):
    tokens, head_width = x.shape[1], WIDTH // HEADS
    qkv = net.reshape(net.dense(x, 3 * WIDTH), (tokens, 3, HEADS, head_width))
    qkv = net.transpose(qkv, [1, 2, 0, 3])
    query, key, value = (net.slice(qkv, 0, k, k + 1) for k in range(3))
    scale = net.constant(np.float32(head_width ** -0.5))
    scores = net.matmul(query, net.transpose(key, [0, 1, 3, 2]))
    y = net.matmul(net.softmax(net.mul(scores, scale)), value)
    y = net.reshape(net.transpose(y, [0, 2, 1, 3]), (1, tokens, WIDTH))
    return net.dense(y, WIDTH, gain=0.5)


def block(net, x):
    x = net.add(x, attention(net, net.layer_norm(x)))
    y = net.gelu(net.dense(net.layer_norm(x), 2 * WIDTH))
    return net.add(x, net.dense(y, WIDTH, gain=0.5))


def vit():
    net = Net("vit", seed=96)
    x = net.input("image", smooth_image(net.rng, 3, 64))
    x = net.conv(x, WIDTH, PATCH, stride=PATCH, pad=0)
    tokens = x.shape[2] * x.shape[3]
    x = net.transpose(net.reshape(x, (1, WIDTH, tokens)), [0, 2, 1])
    position = net.rng.standard_normal((1, tokens, WIDTH)).astype(np.float32)
    x = net.add(x, net.constant(np.float32(0.2) * position, "position"))
    for _ in range(BLOCKS):
        x = block(net, x)
    x = net.layer_norm(x)
    mean = net.constant(np.full((1, 1, tokens), 1 / tokens, np.float32), "mean")
    x = net.reshape(net.matmul(mean, x), (1, WIDTH))
    net.output("logits", net.dense(x, CLASSES))
    return net
