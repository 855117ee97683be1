"""The numpy side of every layer in onnx_net.py: plain functions on arrays."""

import numpy as np


def conv(x, w, stride, pad, groups):
    """NCHW convolution as one small matmul (or product, if depthwise) per kernel tap."""
    channels, kernel = w.shape[0], w.shape[2]
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad))).astype(np.float32)
    w = w.astype(np.float32)
    height = (x.shape[2] - kernel) // stride + 1
    width = (x.shape[3] - kernel) // stride + 1
    depthwise = groups == channels == x.shape[1] and groups > 1
    if groups != 1 and not depthwise:
        raise ValueError("groups must be 1 or depthwise")
    out = np.zeros((channels, height, width), np.float32)
    for i in range(kernel):
        for j in range(kernel):
            tap = x[0, :, i:i + stride * height:stride, j:j + stride * width:stride]
            if depthwise:
                out += w[:, 0, i, j][:, None, None] * tap
            else:
                out += np.tensordot(w[:, :, i, j], tap, axes=1)
    return out[None]


def max_pool(x, kernel, stride, pad):
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), constant_values=-np.inf)
    height = (x.shape[2] - kernel) // stride + 1
    width = (x.shape[3] - kernel) // stride + 1
    taps = [x[:, :, i:i + stride * height:stride, j:j + stride * width:stride]
            for i in range(kernel) for j in range(kernel)]
    return np.max(taps, axis=0)


def quantize(x, scale):
    return np.clip(np.rint(x / np.float32(scale)), -128, 127).astype(np.int8)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def elu(x):
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def layer_norm(x, scale, bias):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt(np.square(centred).mean(-1, keepdims=True) + 1e-5) * scale + bias


def smooth_image(rng, channels, size):
    """A camera-like sample in [0, 1]: smooth structure with a little noise."""
    y, x = np.mgrid[0:size, 0:size] / size
    image = np.zeros((channels, size, size))
    for _ in range(6):
        fy, fx, phase = rng.uniform(1, 9), rng.uniform(1, 9), rng.uniform(0, 6.28)
        tint = rng.uniform(0.3, 1.0, (channels, 1, 1))
        image += tint * np.sin(6.28 * (fy * y + fx * x) + phase)
    image += 0.2 * rng.standard_normal(image.shape)
    image = (image - image.min()) / (image.max() - image.min())
    return image[None].astype(np.float32)
