import HostCore

/// The names a checkpoint may mention: symbols that are compared, never looked up and never called.
enum PickleGlobal: Sendable, Equatable {
    case orderedDictionary
    /// `_rebuild_tensor`, `_v2` or `_v3`.
    case rebuildTensor(version: Int)
    case rebuildParameter
    case size
    /// A storage class; nil for one of plain bytes.
    case storage(DType?)
    case dtype(DType)

    /// - Throws: `LoadError.forbidden` for every name that is not on the list.
    init(module: String, name: String, subject: String) throws(LoadError) {
        switch (module, name) {
        case ("collections", "OrderedDict"): self = .orderedDictionary
        case ("torch._utils", "_rebuild_tensor"): self = .rebuildTensor(version: 1)
        case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor(version: 2)
        case ("torch._utils", "_rebuild_tensor_v3"): self = .rebuildTensor(version: 3)
        case ("torch._utils", "_rebuild_parameter"), ("torch._utils", "_rebuild_parameter_with_state"),
            ("torch.nn.parameter", "Parameter"):
            self = .rebuildParameter
        case ("torch", "Size"): self = .size
        case ("torch", "UntypedStorage"), ("torch.storage", "UntypedStorage"): self = .storage(nil)
        case ("torch", _), ("torch.cuda", _):
            self = try Self.torchType(name, of: "\(module).\(name)", subject: subject)
        case (_, "QuantizedCheckpoint") where module.hasPrefix("rwkv_quant."):
            throw FileKind.rwkvQuant(".rwkvq of its first form, a pickle").error(subject)
        default: throw Self.refusal("\(module).\(name)", subject)
        }
    }

    private static func torchType(
        _ name: String, of path: String, subject: String
    ) throws(LoadError) -> PickleGlobal {
        if let dtype = storageTypes[name] { return .storage(dtype) }
        if let dtype = dtypes[name] { return .dtype(dtype) }
        if unsupported.contains(name) {
            throw LoadError(
                .unsupported, subject, "tensors of type \(path) are not supported",
                advice: "Save the weights as float32, float16 or bfloat16.")
        }
        throw refusal(path, subject)
    }

    private static func refusal(_ path: String, _ subject: String) -> LoadError {
        LoadError(
            .forbidden, subject,
            "the pickle asks for \(quoted(path)), which tensors do not need; refused, and nothing was run",
            advice: "If you trust where the file came from, save only its state dict of tensors again.")
    }

    private static let storageTypes: [String: DType] = [
        "DoubleStorage": .float64, "FloatStorage": .float32, "HalfStorage": .float16, "BFloat16Storage": .bfloat16,
        "LongStorage": .int64, "IntStorage": .int32, "ShortStorage": .int16, "CharStorage": .int8,
        "ByteStorage": .uint8, "BoolStorage": .bool,
    ]

    private static let dtypes: [String: DType] = [
        "float64": .float64, "double": .float64, "float32": .float32, "float": .float32, "float16": .float16,
        "half": .float16, "bfloat16": .bfloat16, "int64": .int64, "long": .int64, "int32": .int32, "int": .int32,
        "int16": .int16, "short": .int16, "int8": .int8, "uint64": .uint64, "uint32": .uint32, "uint16": .uint16,
        "uint8": .uint8, "bool": .bool,
    ]

    private static let unsupported: Set<String> = [
        "ComplexFloatStorage", "ComplexDoubleStorage", "QInt8Storage", "QUInt8Storage", "QInt32Storage",
        "QUInt4x2Storage", "QUInt2x4Storage", "complex32", "complex64", "complex128", "chalf", "cfloat", "cdouble",
        "qint8", "quint8", "qint32", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz",
    ]
}
