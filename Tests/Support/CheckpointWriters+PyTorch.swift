import HostCore

/// Writes `.pth` files: a zip archive with a protocol 2 pickle, as `torch.save` makes it from a state dict.
package enum PyTorchZipWriter {
    /// The file's bytes.
    ///
    /// - Parameters:
    ///   - wrapper: puts the state dict under this key of an outer dict, as trainers do.
    ///   - folder: the name all records are below.
    package static func bytes(
        _ tensors: [FixtureTensor], wrapper: String? = nil, folder: String = "archive"
    ) -> [UInt8] {
        var pickle = PickleWriter()
        pickle.write { writer in
            if let wrapper {
                writer.dictionary([wrapper]) { writer, _ in writer.stateDict(tensors) }
            } else {
                writer.stateDict(tensors)
            }
        }
        return archive(pickle: pickle.bytes, storages: tensors.map(\.bytes), folder: folder)
    }

    /// The file around this very pickle; storages are records `data/0`, `data/1` and so on.
    package static func archive(pickle: [UInt8], storages: [[UInt8]], folder: String = "archive") -> [UInt8] {
        ZipWriter.bytes(entries(pickle: pickle, storages: storages, folder: folder))
    }

    package static func entries(
        pickle: [UInt8], storages: [[UInt8]], folder: String = "archive"
    ) -> [ZipWriter.Entry] {
        [.init("\(folder)/data.pkl", pickle), .init("\(folder)/byteorder", Array("little".utf8))]
            + storages.enumerated().map { .init("\(folder)/data/\($0.offset)", $0.element) }
            + [.init("\(folder)/version", Array("3\n".utf8))]
    }
}

/// Writes the few pickle opcodes that checkpoints are made of.
package struct PickleWriter {
    package private(set) var bytes: [UInt8] = []
    private var memo: [String: UInt32] = [:]
    private var memoCount: UInt32 = 0

    package init() {}

    /// A whole pickle: protocol 2, what `body` writes, STOP.
    package mutating func write(_ body: (inout PickleWriter) -> Void) {
        bytes += [0x80, 2]
        body(&self)
        bytes.append(UInt8(ascii: "."))
    }

    package mutating func raw(_ opcodes: [UInt8]) { bytes += opcodes }

    package mutating func dictionary(_ keys: [String], _ value: (inout PickleWriter, Int) -> Void) {
        bytes.append(UInt8(ascii: "}"))
        put()
        bytes.append(UInt8(ascii: "("))
        for (position, key) in keys.enumerated() {
            string(key)
            value(&self, position)
        }
        bytes.append(UInt8(ascii: "u"))
    }

    package mutating func stateDict(_ tensors: [FixtureTensor]) {
        dictionary(tensors.map(\.name)) { writer, position in
            let tensor = tensors[position]
            var strides = [Int](repeating: 1, count: tensor.shape.count)
            for axis in strides.indices.dropLast().reversed() {
                strides[axis] = strides[axis + 1] * max(tensor.shape[axis + 1], 1)
            }
            writer.tensor(
                storage: String(position), type: Self.storageType(of: tensor.dtype),
                count: tensor.bytes.count / tensor.dtype.size, offset: 0, shape: tensor.shape, strides: strides)
        }
    }

    /// A call of `_rebuild_tensor_v2`, whatever the numbers say.
    package mutating func tensor(
        storage key: String, type: String, count: Int, offset: Int, shape: [Int], strides: [Int]
    ) {
        global("torch._utils", "_rebuild_tensor_v2")
        bytes += Array("((".utf8)
        string("storage")
        global("torch", type)
        string(key)
        string("cpu")
        integer(count)
        bytes += Array("tQ".utf8)
        integer(offset)
        tuple(shape)
        tuple(strides)
        bytes.append(0x89)
        global("collections", "OrderedDict")
        bytes += Array(")RtR".utf8)
        put()
    }

    package mutating func string(_ text: String) {
        if recall(text) { return }
        bytes.append(UInt8(ascii: "X"))
        bytes += UInt32(text.utf8.count).littleEndianBytes + Array(text.utf8)
        remember(text)
    }

    package mutating func global(_ module: String, _ name: String) {
        let line = "c\(module)\n\(name)\n"
        if recall(line) { return }
        bytes += Array(line.utf8)
        remember(line)
    }

    package mutating func integer(_ value: Int) {
        switch value {
        case 0..<0x100: bytes += [UInt8(ascii: "K"), UInt8(value)]
        case 0x100..<0x10000: bytes += [UInt8(ascii: "M")] + UInt16(value).littleEndianBytes
        case Int(Int32.min)...Int(Int32.max): bytes += [UInt8(ascii: "J")] + Int32(value).littleEndianBytes
        default: bytes += [0x8A, 8] + value.littleEndianBytes
        }
    }

    package mutating func tuple(_ values: [Int]) {
        if values.isEmpty { return bytes.append(UInt8(ascii: ")")) }
        bytes.append(UInt8(ascii: "("))
        for value in values { integer(value) }
        bytes.append(UInt8(ascii: "t"))
        put()
    }

    private mutating func put() {
        bytes +=
            memoCount < 256 ? [UInt8(ascii: "q"), UInt8(memoCount)] : [UInt8(ascii: "r")] + memoCount.littleEndianBytes
        memoCount += 1
    }

    private mutating func remember(_ key: String) {
        memo[key] = memoCount
        put()
    }

    private mutating func recall(_ key: String) -> Bool {
        guard let slot = memo[key] else { return false }
        bytes += slot < 256 ? [UInt8(ascii: "h"), UInt8(slot)] : [UInt8(ascii: "j")] + slot.littleEndianBytes
        return true
    }

    private static func storageType(of dtype: DType) -> String {
        switch dtype {
        case .float64: "DoubleStorage"
        case .float32: "FloatStorage"
        case .float16: "HalfStorage"
        case .bfloat16: "BFloat16Storage"
        case .int64, .uint64: "LongStorage"
        case .int32, .uint32: "IntStorage"
        case .int16, .uint16: "ShortStorage"
        case .int8: "CharStorage"
        case .uint8: "ByteStorage"
        case .bool: "BoolStorage"
        }
    }
}
