import HostCore

/// A `.bin` file of rwkv.cpp: six numbers, then tensors one after the other up to the end.
///
/// - Source: RWKV/rwkv.cpp, `docs/FILE_FORMAT.md` and `rwkv_file_format.inc`.
struct BinFile {
    /// What errors call the file.
    let subject: String
    /// In file order; a name may come twice.
    private(set) var tensors: [(name: String, tensor: StoredTensor)] = []

    private static let magic: UInt32 = 0x6767_6D66
    /// Several times as many as the deepest model has.
    private static let greatestTensorCount = 1 << 16
    private static let greatestNameLength = 256
    private static let greatestSize = 1 << 30

    /// Reads the headers of all tensors and makes sure that their data is there.
    ///
    /// - Throws: `LoadError.unrecognised` when it is not such a file; `.unsupported`, `.truncated` or `.corrupt` for one that
    ///   is broken, or of a form that rwkv.cpp itself has abandoned.
    init(_ file: any ByteRegion, subject: String) throws(LoadError) {
        self.subject = subject
        var reader = ByteReader(file, subject: subject)
        let (version, sizes) = try Self.header(&reader)
        while !reader.isAtEnd {
            guard tensors.count < Self.greatestTensorCount else {
                throw reader.corrupt("has more than \(Self.greatestTensorCount) tensors")
            }
            try addTensor(&reader, version: version)
        }
        try check(sizes)
    }

    /// What the header says of the model.
    private struct Sizes {
        let vocabulary: Int
        let width: Int
        let layers: Int
    }

    private static func header(_ reader: inout ByteReader) throws(LoadError) -> (version: UInt32, Sizes) {
        let start = reader.file.count < 24 ? 0 : try reader.integer(UInt32.self, "the magic number")
        guard start != magic.byteSwapped else {
            throw LoadError(.unsupported, reader.subject, "an rwkv.cpp file of a big-endian machine")
        }
        guard start == magic else {
            throw LoadError(.unrecognised, reader.subject, "no rwkv.cpp file: it does not begin with the bytes fmgg")
        }
        let version = try reader.integer(UInt32.self, "the version")
        guard version == 100 || version == 101 else {
            throw LoadError(
                .unsupported, reader.subject, "has the version \(version); rwkv.cpp files have 100 or 101",
                advice: version == 1 ? "It is an old file of llama.cpp." : nil)
        }
        let vocabulary = try reader.count(UInt32.self, upTo: greatestSize, "the vocabulary's size")
        let width = try reader.count(UInt32.self, upTo: greatestSize, "the embedding's width")
        let layers = try reader.count(UInt32.self, upTo: greatestTensorCount, "the number of layers")
        _ = try reader.integer(UInt32.self, "the data type")
        return (version, Sizes(vocabulary: vocabulary, width: width, layers: layers))
    }

    private mutating func addTensor(_ reader: inout ByteReader, version: UInt32) throws(LoadError) {
        let axes = try reader.count(UInt32.self, upTo: 3, "a tensor's number of axes")
        let nameLength = try reader.count(UInt32.self, upTo: Self.greatestNameLength, "the length of a tensor's name")
        let code = try reader.integer(UInt32.self, "a tensor's data type")
        var shape: [Int] = []
        for _ in 0..<axes { shape.append(try reader.count(UInt32.self, upTo: Self.greatestSize, "a tensor's size")) }
        let name = try reader.text(nameLength, "a tensor's name")
        let format = try Self.format(code, of: name)
        if format.blockCount > 1, version == 100 {
            throw LoadError(
                .unsupported, name, "is quantised in the form of rwkv.cpp before May 2023",
                advice: "Quantise the FP16 file again.")
        }
        shape.reverse()
        guard let byteCount = format.byteCount(shape: shape) else {
            throw reader.corrupt("\(name) has the impossible shape \(shape) for \(format.rawValue)")
        }
        let data = try reader.take(byteCount, "the data of \(name)")
        tensors.append((name, StoredTensor(format: format, shape: shape, bytes: reader.file.slice(data))))
    }

    private static func format(_ code: UInt32, of name: String) throws(LoadError) -> BlockFormat {
        switch code {
        case 0: return .f32
        case 1: return .f16
        case 2: return .q4_0
        case 3: return .q4_1
        case 7: return .q5_0
        case 8: return .q5_1
        case 9: return .q8_0
        default:
            throw LoadError(
                .unsupported, name, "has the data type \(code), which this loader does not read",
                advice: "It reads FP32, FP16, Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0.")
        }
    }

    /// Compares what the header says with what is there.
    private func check(_ sizes: Sizes) throws(LoadError) {
        let embedding = tensors.first { $0.name == "emb.weight" }?.tensor.shape
        let blocks = Set(tensors.compactMap { BinConversion.block(of: $0.name) })
        if let embedding, embedding != [sizes.vocabulary, sizes.width] {
            throw LoadError(
                .corrupt, subject, "the header says \(sizes.vocabulary) tokens and a width of \(sizes.width), emb.weight is \(embedding)")
        }
        guard blocks.count == sizes.layers else {
            throw LoadError(
                .corrupt, subject, "the header says \(sizes.layers) layers, and there are \(blocks.count)",
                advice: "The file may be cut off; download or convert it again.")
        }
    }
}
