package import HostCore

/// The tensors of one `.safetensors` file, all in place.
///
/// - Source: the format description in the safetensors repository's README, and `safetensors/src/tensor.rs`.
package struct SafetensorsCheckpoint: Checkpoint {
    private struct Entry: Sendable {
        let dtype: DType
        let shape: [Int]
        /// Within the file.
        let range: Range<Int>
    }

    package let format: String
    package let names: [String]
    private let entries: [String: Entry]
    private let file: any ByteRegion
    private let subject: String

    /// The format's own limit on the header.
    static let maximumHeaderSize = 100_000_000

    /// - Throws: `LoadError` unless the header is sound and its tensors cover the rest of the file exactly.
    init(_ file: any ByteRegion, subject: String) throws(LoadError) {
        let header = try Self.header(file, subject)
        if header.object["__metadata__"]?["rwkvq"] != nil { throw FileKind.rwkvQuant(".rwkvq, in safetensors").error(subject) }
        var names: [String] = []
        var entries: [String: Entry] = [:]
        for (name, value) in header.object.members where name != "__metadata__" {
            let what = "\(subject), tensor \(quoted(name))"
            let entry = try Self.entry(value, base: header.end, subject: what)
            guard entries.updateValue(entry, forKey: name) == nil else {
                throw LoadError(.corrupt, subject, "two tensors are named \(quoted(name))")
            }
            names.append(name)
        }
        try Self.checkCoverage(entries, from: header.end, to: file.count, subject: subject)
        guard !names.isEmpty else { throw LoadError(.unrecognised, subject, "a safetensors file without any tensor") }
        self.file = file
        self.subject = subject
        self.names = names
        self.entries = entries
        format = "safetensors"
    }

    package func shape(of name: String) -> [Int]? { entries[name]?.shape }

    package func dtype(of name: String) -> DType? { entries[name]?.dtype }

    package func tensor(_ name: String) throws(LoadError) -> CheckpointTensor {
        guard let entry = entries[name] else { throw .missing(name, in: subject) }
        return CheckpointTensor(name: name, dtype: entry.dtype, shape: entry.shape, bytes: file.slice(entry.range))
    }

    private static func header(
        _ file: any ByteRegion, _ subject: String
    ) throws(LoadError) -> (object: JSONObject, end: Int) {
        guard let claimed = file.withBytes({ $0.integer(at: 0, as: UInt64.self) }) else {
            throw LoadError.cut(subject, found: file.count, expected: 8)
        }
        guard claimed >= 2, claimed <= maximumHeaderSize else {
            throw LoadError(
                .corrupt, subject, "a safetensors header of \(claimed) bytes, expected 2 to \(maximumHeaderSize)")
        }
        let end = 8 + Int(claimed)
        guard end <= file.count else { throw LoadError.cut(subject, found: file.count, expected: end) }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: file.array(8..<end), maximumDepth: 8)
        } catch {
            throw LoadError(
                .corrupt, subject, "the safetensors header is damaged: \(error.problem), byte \(error.offset)")
        }
        guard let object = value.objectValue else {
            throw LoadError(.corrupt, subject, "the safetensors header is \(value.kind), expected an object")
        }
        if let metadata = object["__metadata__"] {
            guard let texts = metadata.objectValue, texts.members.allSatisfy({ $0.value.stringValue != nil }) else {
                throw LoadError(.corrupt, subject, "__metadata__ must hold texts only")
            }
        }
        return (object, end)
    }

    private static func entry(_ value: JSONValue, base: Int, subject: String) throws(LoadError) -> Entry {
        func corrupt(_ problem: String) -> LoadError { LoadError(.corrupt, subject, problem) }
        guard let kind = value["dtype"]?.stringValue, let extents = value["shape"]?.arrayValue,
            let offsets = value["data_offsets"]?.arrayValue, offsets.count == 2,
            extents.count <= TensorLayout.maximumRank
        else { throw corrupt("expected dtype, shape and data_offsets, found \(value.kind)") }
        guard let dtype = dtypes[kind] else {
            throw LoadError(
                .unsupported, subject, "elements of type \(quoted(kind)) are not supported",
                advice: "Save the weights as F32, F16 or BF16.")
        }
        var shape: [Int] = []
        for extent in extents {
            guard case .integer(let size) = extent, size >= 0 else {
                throw corrupt("the shape holds something else than sizes")
            }
            shape.append(size)
        }
        guard let count = TensorLayout.elementCount(of: shape, size: dtype.size) else {
            throw corrupt("the shape \(shape) is larger than any memory")
        }
        guard case .integer(let begin) = offsets[0], case .integer(let end) = offsets[1], begin >= 0, end >= begin
        else {
            throw corrupt("the data offsets are not a range")
        }
        guard end - begin == count * dtype.size else {
            throw corrupt(
                "shape \(shape) of \(kind) needs \(count * dtype.size) bytes, the data offsets span \(end - begin)")
        }
        let (last, overflow) = end.addingReportingOverflow(base)
        guard !overflow else { throw corrupt("the data offsets are larger than any file") }
        return Entry(dtype: dtype, shape: shape, range: base + begin..<last)
    }

    /// Every byte behind the header belongs to exactly one tensor.
    private static func checkCoverage(
        _ entries: [String: Entry], from start: Int, to end: Int, subject: String
    ) throws(LoadError) {
        var position = start
        let sorted = entries.sorted {
            ($0.value.range.lowerBound, $0.value.range.upperBound) < (
                $1.value.range.lowerBound, $1.value.range.upperBound
            )
        }
        for (name, entry) in sorted {
            guard entry.range.lowerBound == position else {
                let problem = entry.range.lowerBound < position ? "overlaps another" : "leaves a gap before it"
                throw LoadError(.corrupt, subject, "the data of tensor \(quoted(name)) \(problem)")
            }
            position = entry.range.upperBound
        }
        guard position <= end else { throw LoadError.cut(subject, found: end, expected: position) }
        guard position == end else {
            throw LoadError(.corrupt, subject, "\(end - position) bytes follow the last tensor")
        }
    }

    private static let dtypes: [String: DType] = [
        "F64": .float64, "F32": .float32, "F16": .float16, "BF16": .bfloat16, "I64": .int64, "I32": .int32,
        "I16": .int16, "I8": .int8, "U64": .uint64, "U32": .uint32, "U16": .uint16, "U8": .uint8, "BOOL": .bool,
    ]
}
