"""PyTorch files of fp32 tensors, read and written without PyTorch."""

import collections
import io
import math
import pickle
import zipfile


class Storage:
    def __init__(self, key, content):
        self.key = key
        self.content = content


class Tensor:
    """Pickles as a tensor of PyTorch does, which need not be installed."""

    def __init__(self, key, shape, content):
        self.shape = tuple(shape)
        self.storage = Storage(key, content)

    def __reduce__(self):
        strides = tuple(math.prod(self.shape[place + 1:]) for place in range(len(self.shape)))
        return rebuild, (self.storage, 0, self.shape, strides, False, collections.OrderedDict())


def rebuild(*arguments):
    raise NotImplementedError


class FloatStorage:
    pass


class Pickler(pickle._Pickler):
    """Writes names of PyTorch's in place of those of this file."""

    def persistent_id(self, value):
        if isinstance(value, Storage):
            return ("storage", FloatStorage, value.key, "cpu", len(value.content) // 4)

    def save_global(self, value, name=None):
        names = {rebuild: "torch._utils\n_rebuild_tensor_v2", FloatStorage: "torch\nFloatStorage"}
        if value in names:
            self.write(pickle.GLOBAL + names[value].encode() + b"\n")
        else:
            super().save_global(value, name)

    dispatch = pickle._Pickler.dispatch | {type(rebuild): save_global, type: save_global}


def write_pth(path, tensors):
    """A PyTorch file of {name: (shape, fp32 bytes)}."""
    tensors = {name: Tensor(str(number), *tensor) for number, (name, tensor) in enumerate(tensors.items())}
    data = io.BytesIO()
    Pickler(data, protocol=2).dump(tensors)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", data.getvalue())
        for tensor in tensors.values():
            archive.writestr(f"archive/data/{tensor.storage.key}", tensor.storage.content)
        archive.writestr("archive/version", "3\n")


class Tensors(pickle.Unpickler):
    """Reads a PyTorch file of fp32 tensors as {name: (shape, bytes)}."""

    def __init__(self, path):
        self.archive = zipfile.ZipFile(path)
        name = next(name for name in self.archive.namelist() if name.endswith("data.pkl"))
        self.folder = name.removesuffix("data.pkl")
        super().__init__(io.BytesIO(self.archive.read(name)))

    def find_class(self, module, name):
        return {"OrderedDict": dict, "_rebuild_tensor_v2": self.rebuild}.get(name, name)

    def persistent_load(self, identifier):
        assert identifier[1] == "FloatStorage"
        return self.archive.read(f"{self.folder}data/{identifier[2]}")

    def rebuild(self, storage, offset, shape, *rest):
        return list(shape), storage[4 * offset:4 * (offset + math.prod(shape))]
