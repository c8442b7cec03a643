import HostCore

/// A GGUF file: named values, then where which tensor lies, then the data.
///
/// - Source: ggml, `docs/gguf.md`, versions 2 and 3.
struct GGUFFile {
    /// What errors call the file.
    let subject: String
    let region: any ByteRegion
    private(set) var values: [String: GGUFValue] = [:]
    /// In file order; all of their bytes are there, and none are shared.
    private(set) var tensors: [(name: String, tensor: StoredTensor)] = []

    /// Such as `rwkv7`.
    var architecture: String { values["general.architecture"]?.text ?? "" }

    private static let greatestCount = 1 << 16
    private static let greatestNameLength = 256
    private static let greatestSize = 1 << 40

    /// - Throws: `LoadError` when it is not such a file, or one that is broken or in another byte order.
    init(_ region: any ByteRegion, subject: String) throws(LoadError) {
        self.region = region
        self.subject = subject
        var reader = ByteReader(region, subject: subject)
        let counts = try Self.counts(&reader)
        for _ in 0..<counts.values {
            let key = try reader.text(upTo: 1 << 16, "a key")
            let value = try reader.value(try reader.type(key), key)
            guard values.updateValue(value, forKey: key) == nil else { throw reader.corrupt("the key \(key) is there twice") }
        }
        var places: [Place] = []
        for _ in 0..<counts.tensors { places.append(try Self.place(&reader)) }
        try add(places, dataStart: reader.position)
    }

    private static func counts(_ reader: inout ByteReader) throws(LoadError) -> (tensors: Int, values: Int) {
        guard reader.file.count >= 4, try reader.bytes(4, "the magic") == Array("GGUF".utf8) else {
            throw LoadError(.unrecognised, reader.subject, "no GGUF file: it does not begin with the letters GGUF")
        }
        let version = try reader.integer(UInt32.self, "the version")
        guard version == 2 || version == 3 else {
            let isSwapped = (1...3).contains(version.byteSwapped)
            throw LoadError(
                .unsupported, reader.subject,
                isSwapped ? "a GGUF file for big-endian machines" : "has the GGUF version \(version); this loader reads 2 and 3",
                advice: "Convert the model again with a newer llama.cpp.")
        }
        let tensors = try reader.count(UInt64.self, upTo: greatestCount, "the number of tensors")
        return (tensors, try reader.count(UInt64.self, upTo: greatestCount, "the number of values"))
    }

    /// Where a tensor says it lies.
    private struct Place {
        let name: String
        let format: BlockFormat
        let shape: [Int]
        let offset: Int
        let byteCount: Int
    }

    private static func place(_ reader: inout ByteReader) throws(LoadError) -> Place {
        let name = try reader.text(upTo: greatestNameLength, "the name of a tensor")
        let axes = try reader.count(UInt32.self, upTo: 4, "the number of axes of \(name)")
        var shape: [Int] = []
        for _ in 0..<axes { shape.append(try reader.count(UInt64.self, upTo: greatestSize, "the size of \(name)")) }
        shape.reverse()
        let format = try format(try reader.integer(UInt32.self, "the type of \(name)"), of: name)
        let offset = try reader.count(UInt64.self, upTo: .max, "the place of \(name)")
        guard let byteCount = format.byteCount(shape: shape) else {
            throw reader.corrupt("\(name) has the impossible shape \(shape) for \(format.rawValue)")
        }
        return Place(name: name, format: format, shape: shape, offset: offset, byteCount: byteCount)
    }

    private static func format(_ code: UInt32, of name: String) throws(LoadError) -> BlockFormat {
        switch code {
        case 0: return .f32
        case 1: return .f16
        case 2: return .q4_0
        case 3: return .q4_1
        case 6: return .q5_0
        case 7: return .q5_1
        case 8: return .q8_0
        case 12: return .q4_K
        case 13: return .q5_K
        case 14: return .q6_K
        case 30: return .bf16
        default:
            throw LoadError(
                .unsupported, name, "has the ggml type \(code), which this loader does not read",
                advice: "It reads F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K and Q6_K.")
        }
    }

    /// Makes sure that every tensor lies inside the file, at a multiple of the alignment and behind the one before it.
    private mutating func add(_ places: [Place], dataStart headerEnd: Int) throws(LoadError) {
        let alignment = values["general.alignment"]?.integer ?? 32
        guard (1...1 << 20).contains(alignment), alignment.nonzeroBitCount == 1 else {
            throw corrupt("general.alignment is \(alignment), which is not a power of two")
        }
        let start = (headerEnd + alignment - 1) / alignment * alignment
        var end = 0
        for place in places.sorted(by: { $0.offset < $1.offset }) {
            guard place.offset % alignment == 0, place.offset >= end else {
                throw corrupt("\(place.name) lies at \(place.offset), in the midst of another tensor or at no multiple of \(alignment)")
            }
            guard place.offset <= region.count - start, place.byteCount <= region.count - start - place.offset else {
                throw LoadError(
                    .truncated, subject, "\(place.name) would end beyond the file, which has \(region.count) bytes",
                    advice: "Download or convert the file again.")
            }
            end = place.offset + place.byteCount
        }
        for place in places {
            let first = start + place.offset
            let tensor = StoredTensor(
                format: place.format, shape: place.shape, bytes: region.slice(first..<first + place.byteCount))
            tensors.append((place.name, tensor))
        }
    }

    func corrupt(_ problem: String) -> LoadError {
        LoadError(.corrupt, subject, problem, advice: "Download or convert the file again.")
    }
}
