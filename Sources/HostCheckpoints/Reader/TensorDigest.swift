package import HostCore

/// What `modelhost inspect` prints of one tensor.
package struct TensorDigest: Sendable, Equatable {
    package let name: String
    package let dtype: DType
    package let shape: [Int]
    /// Of the row-major little-endian bytes, in lower-case hexadecimal.
    package let sha256: String

    package init(name: String, dtype: DType, shape: [Int], sha256: String) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.sha256 = sha256
    }

    /// As one entry of the JSON output.
    package var json: JSONValue {
        .object(
            JSONObject([
                ("name", .string(name)), ("dtype", .string(dtype.rawValue)),
                ("shape", .array(shape.map { .integer($0) })),
                ("sha256", .string(sha256)),
            ]))
    }
}

extension Checkpoint {
    /// Reads one tensor to its end and describes it.
    ///
    /// - Throws: as `tensor(_:)`.
    /// - Cost: reads all of the tensor.
    package func digest(of name: String) throws(LoadError) -> TensorDigest {
        let tensor = try tensor(name)
        return TensorDigest(
            name: name, dtype: tensor.dtype, shape: tensor.shape, sha256: tensor.bytes.sha256)
    }

    /// The digests of all tensors, in file order.
    package func digests() throws(LoadError) -> [TensorDigest] {
        var digests: [TensorDigest] = []
        for name in names { digests.append(try digest(of: name)) }
        return digests
    }
}

extension ByteRegion {
    /// The SHA-256 of all bytes in lower-case hexadecimal.
    ///
    /// - Cost: reads everything, through a copy of a few pages at a time.
    package var sha256: String {
        let pieceSize = 1 << 16
        var hash = SHA256()
        for start in stride(from: 0, to: count, by: pieceSize) { hash.update(array(start..<start + pieceSize)) }
        return SHA256.hexadecimal(hash.finish())
    }
}
