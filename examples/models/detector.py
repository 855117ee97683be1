"""An object detector on a MobileNetV2-like backbone: 1x3x160x160, two scales, SSD-like.

Inverted residuals (1x1 expand, 3x3 depthwise, 1x1 project; ReLU6), half width; class scores
(20 classes and background) and boxes for three anchors per cell, of the 10x10 and the 5x5 grid
together: scores 1x375x21, boxes 1x375x4.
"""

from layers import smooth_image
from onnx_net import Net

ANCHORS, CLASSES = 3, 21
BACKBONE = (  # expansion, channels, repeats, stride
    (1, 8, 1, 1), (6, 16, 2, 2), (6, 16, 2, 2), (6, 32, 2, 2), (6, 48, 2, 1))
DEEP = (6, 80, 2, 2)


def inverted_residual(net, x, expansion, channels, stride):
    y = x
    if expansion > 1:
        y = net.relu6(net.conv(y, x.shape[1] * expansion, 1))
    y = net.relu6(net.conv(y, y.shape[1], 3, stride=stride, groups=y.shape[1]))
    y = net.qdq(net.conv(y, channels, 1))
    return net.add(x, y) if stride == 1 and channels == x.shape[1] else y


def stage(net, x, expansion, channels, repeats, stride):
    for k in range(repeats):
        x = inverted_residual(net, x, expansion, channels, stride if k == 0 else 1)
    return x


def head(net, x, values):
    """Depthwise then pointwise, as SSDLite; to 1 x anchors x values."""
    y = net.relu6(net.conv(x, x.shape[1], 3, groups=x.shape[1]))
    y = net.conv(y, ANCHORS * values, 1)
    y = net.transpose(y, [0, 2, 3, 1])
    return net.reshape(y, (1, y.value.size // values, values))


def build(name, int8):
    net = Net(name, seed=160, int8=int8)
    x = net.input("image", smooth_image(net.rng, 3, 160))
    x = net.relu6(net.conv(x, 16, 3, stride=2))
    for row in BACKBONE:
        x = stage(net, x, *row)
    scales = (x, stage(net, x, *DEEP))
    scores = net.concat([head(net, s, CLASSES) for s in scales], 1)
    boxes = net.concat([head(net, s, 4) for s in scales], 1)
    net.output("scores", net.sigmoid(scores))
    net.output("boxes", boxes)
    return net


def detector():
    return build("detector", int8=False)


def detector_int8():
    return build("detector_int8", int8=True)
