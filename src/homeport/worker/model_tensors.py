"""Models that take tensors: ONNX sessions, torch modules, Keras models and TensorFlow signatures."""

from .model_request import BadInput, Named, Table, Texts
from .model_values import array_of
from .model_wanted import get, quoted

ONNX_TYPES = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(float16)": "float16",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(int16)": "int16",
    "tensor(int8)": "int8",
    "tensor(uint8)": "uint8",
    "tensor(bool)": "bool",
    "tensor(string)": "object",
}


class Input:
    """One tensor that a model takes; `shape` has None where a size is free, and is None where nothing is known."""

    def __init__(self, name, dtype, shape):
        self.name = name
        self.dtype = dtype
        self.shape = shape

    def __str__(self):
        sizes = "any" if self.shape is None else " x ".join("n" if size is None else str(size) for size in self.shape)
        return "`%s` (%s, %s)" % (self.name, sizes, "text" if self.dtype == "object" else self.dtype or "float32")

    @property
    def width(self):
        """Values in one row; None where that is free."""
        product = 1
        for size in (self.shape or [None, None])[1:]:
            if size is None:
                return None
            product *= size
        return product

    def array(self, values):
        """`values` as this input; rows that are flat are folded into its shape. BadInput says what it takes."""
        made = array_of(values, None if self.dtype == "object" else self.dtype)
        if self.shape is None or fits(made.shape, self.shape):
            return made
        sizes = [1 if size is None else size for size in self.shape[1:]]
        count = 1
        for size in sizes:
            count *= size
        if made.size % count == 0 and made.ndim and (made.ndim <= 2 and made.size // count == made.shape[0]):
            return made.reshape([made.shape[0]] + sizes)
        raise BadInput("`data` has shape %s; the model takes %s" % (" x ".join(map(str, made.shape)), self))


def fits(shape, wanted):
    return len(shape) == len(wanted) and all(size in (None, found) for found, size in zip(shape, wanted))  # noqa: B905


class Tensors:
    """A model with named inputs; `predict` is its first output."""

    def __init__(self, model, methods, inputs):
        self.model = model
        self.methods = methods
        self.inputs = inputs
        self.wanted = Takes(inputs)

    def answer(self, method, data):
        if method not in self.methods:
            raise BadInput("the model has no output or method `%s`: it has %s" % (method, quoted(self.methods, 30)))
        return self.call(method, arrays(data, self.inputs))


class Takes:
    """In words, and for the service's description."""

    def __init__(self, inputs):
        self.inputs = inputs
        self.columns = None
        self.texts = len(inputs) == 1 and inputs[0].dtype == "object"
        self.dicts = False
        self.width = inputs[0].width if len(inputs) == 1 else None

    def __str__(self):
        return " and ".join(str(one) for one in self.inputs)


def arrays(data, inputs):
    """The arrays by input's name."""
    if isinstance(data, Named):
        return named_arrays(data.lists, inputs)
    values = data.rows if isinstance(data, Table) else data.items if isinstance(data, Texts) else data.values
    if len(inputs) == 1:
        one = inputs[0]
        if isinstance(data, Texts) and one.shape is not None and len(one.shape) == 2:
            values = [[text] for text in values]
        return {one.name: one.array(values)}
    if not isinstance(data, Table):
        raise BadInput("the model takes %s: name them in `data`" % " and ".join(str(one) for one in inputs))
    names = data.columns or [one.name for one in inputs]
    if len(names) != len(data.rows[0]):
        raise BadInput("the rows of `data` have %d values; the model takes %d" % (len(data.rows[0]), len(inputs)))
    columns = {name: [[row[place]] for row in data.rows] for place, name in enumerate(names)}
    return named_arrays(columns, inputs)


def named_arrays(lists, inputs):
    flat = not any(isinstance(value, list) for values in lists.values() if isinstance(values, list) for value in values)
    if len(inputs) == 1 and inputs[0].name not in lists and flat:
        table = Named(lists).table()  # the columns of one input
        return {inputs[0].name: inputs[0].array(table.rows)}
    missing = [one.name for one in inputs if one.name not in lists]
    extra = [name for name in lists if name not in [one.name for one in inputs]]
    if missing or extra:
        faults = ["missing: %s" % quoted(missing)] if missing else []
        faults += ["not known: %s" % quoted(extra)] if extra else []
        takes = " and ".join(str(one) for one in inputs)
        raise BadInput("the tensors in `data` do not fit, %s; the model takes %s" % ("; ".join(faults), takes))
    return {one.name: one.array(lists[one.name]) for one in inputs}


class Onnx(Tensors):
    """An onnxruntime session; each output is a method too."""

    def __init__(self, session):
        inputs = [
            Input(
                one.name,
                ONNX_TYPES.get(one.type, "float32"),
                [size if isinstance(size, int) else None for size in one.shape],
            )
            for one in session.get_inputs()
        ]
        self.outputs = [one.name for one in session.get_outputs()]
        methods = ["predict"] + [name for name in self.outputs if name != "predict"]
        if "probabilities" in self.outputs or "output_probability" in self.outputs:
            methods.append("predict_proba")
        Tensors.__init__(self, session, methods, inputs)

    def call(self, method, values):
        asked = method
        if method == "predict_proba" and method not in self.outputs:
            asked = "probabilities" if "probabilities" in self.outputs else "output_probability"
        asked = self.outputs[0] if asked == "predict" and asked not in self.outputs else asked
        return self.model.run([asked], values)[0]


class Torch(Tensors):
    """A module or TorchScript: `predict` is the first of what forward() gives."""

    def __init__(self, model):
        model.eval()
        first = first_layer(model)
        self.counts = "Embedding" in kind_of_layer(first)
        self.likely_width = get(first, "weight").shape[1] if kind_of_layer(first) == "Linear" else None
        methods = ["predict"] + (["forward"] if not callable(get(model, "predict")) else [])
        Tensors.__init__(self, model, methods, [Input("input", "int64" if self.counts else "float32", None)])

    def answer(self, method, data):
        if isinstance(data, Named):
            self.check(method)
            return self.told({name: array_of(values, self.inputs[0].dtype) for name, values in data.lists.items()})
        return Tensors.answer(self, method, data)

    def check(self, method):
        if method not in self.methods:
            raise BadInput("the model has no method `%s` to predict with: it has %s" % (method, quoted(self.methods)))

    def call(self, method, values):
        return self.told(values, by_name=False)

    def told(self, values, by_name=True):
        import torch

        tensors = {name: torch.as_tensor(value) for name, value in values.items()}
        with torch.no_grad():
            found = self.model(**tensors) if by_name else self.model(*tensors.values())
        return first_of(found)


def first_layer(model):
    """The first with weights: an embedding wants whole numbers. None where there is none."""
    for module in model.modules():
        if any(True for _ in module.parameters(False)):
            return module
    return None


def kind_of_layer(module):
    return get(module, "original_name") or type(module).__name__


def first_of(found):
    if isinstance(found, dict):
        found = next(iter(found.values()))
    while isinstance(found, (list, tuple)) and found:
        found = found[0]
    for step in ("detach", "cpu", "numpy"):
        found = getattr(found, step)() if hasattr(found, step) else found
    return found


def plain_size(size):
    """TensorFlow 1 has a class for it, whose value may be None."""
    size = getattr(size, "value", size)
    return None if size is None else int(size)


class Keras(Tensors):
    """A Keras model, of TensorFlow or alone."""

    def __init__(self, model):
        inputs = [
            Input(name_of(one), dtype_of(one), [plain_size(size) for size in one.shape])
            for one in (get(model, "inputs") or [])
        ]
        Tensors.__init__(self, model, ["predict"], inputs or [Input("input", "float32", None)])

    def call(self, method, values):
        given = list(values.values())
        return first_of(self.model.predict(given[0] if len(given) == 1 else given, verbose=0))


class Signature(Tensors):
    """The serving signature of a TensorFlow SavedModel."""

    def __init__(self, model):
        taken = model.structured_input_signature[1]
        inputs = [
            Input(name, dtype_of(one), None if one.shape.rank is None else one.shape.as_list())
            for name, one in sorted(taken.items())
        ]
        Tensors.__init__(self, model, ["predict"] + sorted(model.structured_outputs), inputs)

    def call(self, method, values):
        import tensorflow

        found = self.model(**{name: tensorflow.constant(value) for name, value in values.items()})
        return first_of(found if method == "predict" else found[method])


def name_of(tensor):
    return str(tensor.name).partition(":")[0]


def dtype_of(tensor):
    name = get(tensor.dtype, "name") or str(tensor.dtype)
    return "object" if name == "string" else str(name)


def kind_of(model, modules):
    """The model behind its outputs; None where it is none of these."""
    if type(model).__name__ == "InferenceSession":
        return Onnx(model)
    if any(module.startswith(("torch.nn.modules", "torch.jit")) for module in modules):
        return Torch(model)
    if hasattr(model, "structured_input_signature"):
        return Signature(model)
    if any(module.split(".")[0] in ("keras", "tf_keras") or ".keras." in module for module in modules) and hasattr(
        model, "predict"
    ):
        return Keras(model)
    return None
