"""Builds one ONNX network layer by layer, evaluating it in numpy as it goes.

Every layer method appends ONNX nodes and computes the value of its output for one sample
input. Weights are therefore drawn He-scaled and then normalised on the sample (what folding
a trained batch norm leaves behind), int8 scales are calibrated, and the sample's outputs are
the numpy reference that the compiled network is compared with. See layers.py for the numpy
kernels. With int8=True every convolution and matmul is written in QDQ form: QuantizeLinear
and DequantizeLinear around activations, int8 initializers for weights.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import layers

OPSET = 19


class Tensor:
    """A named edge of the graph and its value for the sample input."""

    def __init__(self, name, value):
        self.name = name
        self.value = np.asarray(value)
        self.quantized = None  # the QDQ form of this tensor, made once

    @property
    def shape(self):
        return self.value.shape


def rounded(scale):
    """`scale` on a coarse grid, so that the last bits of a float sum never reach the file."""
    mantissa, exponent = np.frexp(np.float64(scale))
    return float(np.ldexp(np.round(mantissa * 256) / 256, exponent))


class Net:
    def __init__(self, name, seed, int8=False):
        self.name = name
        self.rng = np.random.default_rng(seed)
        self.int8 = int8
        self.nodes, self.initializers = [], []
        self.inputs, self.outputs = [], []
        self.macs = 0
        self._count = 0

    # -- plumbing ---------------------------------------------------------------------

    def _fresh(self, stem):
        self._count += 1
        return f"{stem}_{self._count}"

    def op(self, kind, inputs, value, **attributes):
        """Appends one ONNX node whose output is `value` for the sample input."""
        out = Tensor(self._fresh(kind.lower()), value)
        self.nodes.append(helper.make_node(kind, [t.name for t in inputs], [out.name],
                                           **attributes))
        return out

    def constant(self, value, stem="const"):
        value = np.ascontiguousarray(value)
        tensor = Tensor(self._fresh(stem), value)
        self.initializers.append(numpy_helper.from_array(value, tensor.name))
        return tensor

    def input(self, name, value):
        tensor = Tensor(name, np.asarray(value, np.float32))
        self.inputs.append(tensor)
        return tensor

    def output(self, name, tensor):
        if tensor.name in {t.name for t in self.outputs}:
            raise ValueError(f"{self.name}: {tensor.name} is already an output")
        old = tensor.name
        for node in self.nodes:  # the edge takes the name the caller will see
            node.input[:] = [name if i == old else i for i in node.input]
            node.output[:] = [name if o == old else o for o in node.output]
        tensor.name = name
        self.outputs.append(tensor)

    def model(self):
        def info(t):
            return helper.make_tensor_value_info(t.name, TensorProto.FLOAT, t.shape)
        graph = helper.make_graph(self.nodes, "main", [info(t) for t in self.inputs],
                                  [info(t) for t in self.outputs], self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)],
                                  producer_name="takt-examples", ir_version=9)
        onnx.checker.check_model(model)
        return model

    # -- quantization -----------------------------------------------------------------

    def qdq(self, x):
        """x through int8 and back (symmetric, one scale), in int8 networks; else x."""
        if not self.int8:
            return x
        if x.quantized is None:
            scale = rounded(np.abs(x.value).max() / 127.0)
            inputs = [self.constant(np.float32(scale), "scale"),
                      self.constant(np.int8(0), "zero")]
            q = self.op("QuantizeLinear", [x] + inputs, layers.quantize(x.value, scale))
            x.quantized = self.op("DequantizeLinear", [q] + inputs,
                                  q.value.astype(np.float32) * np.float32(scale))
            x.quantized.quantized = x.quantized
        return x.quantized

    def weight(self, value):
        """A weight: an f32 initializer, or an int8 one behind a DequantizeLinear."""
        value = value.astype(np.float32)
        if not self.int8:
            return self.constant(value, "weight")
        scale = rounded(np.abs(value).max() / 127.0)
        q = self.constant(layers.quantize(value, scale), "weight")
        return self.op("DequantizeLinear",
                       [q, self.constant(np.float32(scale), "scale"),
                        self.constant(np.int8(0), "zero")],
                       q.value.astype(np.float32) * np.float32(scale))

    # -- layers -----------------------------------------------------------------------

    def conv(self, x, channels, kernel, stride=1, pad=None, groups=1, gain=1.0):
        """Convolution with bias; the output has standard deviation `gain` on the sample."""
        x = self.qdq(x)
        pad = kernel // 2 if pad is None else pad
        fan_in = x.shape[1] // groups * kernel * kernel
        w = self.rng.standard_normal((channels, x.shape[1] // groups, kernel, kernel))
        w *= np.sqrt(2.0 / fan_in)
        raw = layers.conv(x.value, w, stride, pad, groups)
        w *= rounded(gain / max(raw.std(), 1e-6))
        b = self.rng.standard_normal(channels).astype(np.float32) * np.float32(0.1 * gain)
        weight, bias = self.weight(w), self.constant(b, "bias")
        value = layers.conv(x.value, weight.value, stride, pad, groups)
        self.macs += value.size * fan_in
        return self.op("Conv", [x, weight, bias], value + b[None, :, None, None],
                       kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4,
                       group=groups)

    def dense(self, x, width, gain=1.0, bias=True):
        """x @ W + b over the last axis; standard deviation `gain` on the sample."""
        x = self.qdq(x)
        w = self.rng.standard_normal((x.shape[-1], width)) * np.sqrt(2.0 / x.shape[-1])
        raw = x.value @ w
        w *= rounded(gain / max(np.sqrt(np.square(raw).mean()), 1e-6))
        weight = self.weight(w)
        self.macs += x.value.size * width
        y = self.op("MatMul", [x, weight], x.value @ weight.value)
        if not bias:
            return y
        b = self.rng.standard_normal(width).astype(np.float32) * np.float32(0.1 * gain)
        return self.add(y, self.constant(b, "bias"))

    def matmul(self, a, b):
        self.macs += a.value.size * b.shape[-1]
        return self.op("MatMul", [a, b], a.value @ b.value)

    def add(self, a, b):
        return self.op("Add", [a, b], a.value + b.value)

    def sub(self, a, b):
        return self.op("Sub", [a, b], a.value - b.value)

    def mul(self, a, b):
        return self.op("Mul", [a, b], a.value * b.value)

    def relu(self, x):
        return self.op("Relu", [x], np.maximum(x.value, 0))

    def relu6(self, x):
        bounds = [self.constant(np.float32(0), "low"), self.constant(np.float32(6), "high")]
        return self.op("Clip", [x] + bounds, np.clip(x.value, 0, 6))

    def elu(self, x):
        return self.op("Elu", [x], layers.elu(x.value))

    def tanh(self, x):
        return self.op("Tanh", [x], np.tanh(x.value))

    def sigmoid(self, x):
        return self.op("Sigmoid", [x], layers.sigmoid(x.value))

    def gelu(self, x):
        """x * sigmoid(1.702 x), the form embedded networks use."""
        factor = self.constant(np.float32(1.702), "factor")
        return self.mul(x, self.sigmoid(self.mul(x, factor)))

    def softmax(self, x):
        return self.op("Softmax", [x], layers.softmax(x.value), axis=-1)

    def layer_norm(self, x):
        width = x.shape[-1]
        scale = self.constant((1 + 0.1 * self.rng.standard_normal(width)).astype(np.float32))
        bias = self.constant((0.1 * self.rng.standard_normal(width)).astype(np.float32))
        value = layers.layer_norm(x.value, scale.value, bias.value)
        return self.op("LayerNormalization", [x, scale, bias], value, axis=-1, epsilon=1e-5)

    def max_pool(self, x, kernel, stride, pad=0):
        return self.op("MaxPool", [x], layers.max_pool(x.value, kernel, stride, pad),
                       kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4)

    def mean_pool(self, x):
        return self.op("GlobalAveragePool", [x], x.value.mean(axis=(2, 3), keepdims=True))

    # -- shapes -----------------------------------------------------------------------

    def reshape(self, x, shape):
        target = self.constant(np.array(shape, np.int64), "shape")
        return self.op("Reshape", [x, target], x.value.reshape(shape))

    def transpose(self, x, perm):
        return self.op("Transpose", [x], x.value.transpose(perm), perm=perm)

    def concat(self, tensors, axis):
        value = np.concatenate([t.value for t in tensors], axis)
        return self.op("Concat", tensors, value, axis=axis)

    def slice(self, x, axis, begin, end):
        ends = [self.constant(np.array([v], np.int64), "index") for v in (begin, end, axis)]
        index = [slice(None)] * x.value.ndim
        index[axis] = slice(begin, end)
        return self.op("Slice", [x] + ends, x.value[tuple(index)])
