package import HostCore

/// Writes `.safetensors` files.
package enum SafetensorsWriter {
    /// The file's bytes: tensors in the given order, the header padded with spaces to a multiple of 8.
    package static func bytes(_ tensors: [FixtureTensor], metadata: [String: String] = ["format": "pt"]) -> [UInt8] {
        var header = JSONObject()
        if !metadata.isEmpty {
            header["__metadata__"] = .object(
                JSONObject(metadata.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
        }
        var data: [UInt8] = []
        for tensor in tensors {
            let begin = data.count
            data += tensor.bytes
            header[tensor.name] = .object(
                JSONObject([
                    ("dtype", .string(name(of: tensor.dtype))),
                    ("shape", .array(tensor.shape.map { .integer($0) })),
                    ("data_offsets", .array([.integer(begin), .integer(data.count)])),
                ]))
        }
        return file(header: JSONValue.object(header).encodedBytes(), data: data)
    }

    /// A file with this very header text, sound or not.
    package static func file(header: [UInt8], data: [UInt8]) -> [UInt8] {
        let padding = [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
        return UInt64(header.count + padding.count).littleEndianBytes + header + padding + data
    }

    /// The format's own spelling, such as `BF16`.
    package static func name(of dtype: DType) -> String {
        switch dtype {
        case .float64: "F64"
        case .float32: "F32"
        case .float16: "F16"
        case .bfloat16: "BF16"
        case .int64: "I64"
        case .int32: "I32"
        case .int16: "I16"
        case .int8: "I8"
        case .uint64: "U64"
        case .uint32: "U32"
        case .uint16: "U16"
        case .uint8: "U8"
        case .bool: "BOOL"
        }
    }
}
