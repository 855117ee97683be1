"""DroNet (Loquercio et al., 2018): a ResNet-8 that steers a drone from one grey image.

Input 1x1x200x200; two heads, steering angle and collision probability. Batch norms are
folded. The int8 form is the QDQ network a post-training quantizer writes.
"""

from layers import smooth_image
from onnx_net import Net


def residual(net, x, channels):
    main = net.relu(x)
    main = net.relu(net.conv(main, channels, 3, stride=2))
    main = net.qdq(net.conv(main, channels, 3))
    skip = net.qdq(net.conv(x, channels, 1, stride=2, pad=0))
    return net.add(main, skip)


def build(name, int8):
    net = Net(name, seed=8, int8=int8)
    x = net.input("image", smooth_image(net.rng, 1, 200))
    x = net.conv(x, 32, 5, stride=2)
    x = net.max_pool(net.qdq(x), 3, 2)
    for channels in (32, 64, 128):
        x = residual(net, x, channels)
    x = net.relu(x)
    x = net.reshape(x, (1, x.value.size))
    net.output("steering", net.dense(x, 1, gain=0.5))
    net.output("collision", net.sigmoid(net.dense(x, 1, gain=0.5)))
    return net


def dronet():
    return build("dronet", int8=False)


def dronet_int8():
    return build("dronet_int8", int8=True)
