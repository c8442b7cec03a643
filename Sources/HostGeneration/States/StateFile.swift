import HostCore

/// A state as the bytes of a file: a header that says of what, the numbers, and a digest of all before it.
///
/// The layout, little-endian: 16 bytes of magic, the header's length (4 bytes), the header as JSON, the state's numbers
/// and the logits' as fp32, the SHA-256 of everything so far.
struct StateFile: Sendable {
    /// What distinguishes the model from others.
    var model: String
    var snapshot: StateSnapshot
    var logits: [Float] = []
    /// How many tokens the state has read.
    var tokenCount: Int
    /// Tokens that belong to the text and have not been read yet.
    var pending: [TokenID] = []
    /// What it is the state of, where others could be taken for it: a text's digest, or a session's turn.
    var identity: String?

    private static let magic = Array("MODELHOST-STATE\n".utf8)
    private static let version = 1
    private static let maximumHeader = 1 << 16
    private static let digestSize = 32
    /// More tokens than any text has, and few enough that sums with them never overflow.
    private static let maximumTokens = 1 << 53
    /// A decoder leaves one token unread; there is room for one that looks ahead.
    private static let maximumPending = 64

    /// Bytes that a file with this many numbers has at most.
    static func maximumSize(numbers: Int) -> Int { magic.count + 4 + maximumHeader + 4 * numbers + digestSize }

    func encoded() -> [UInt8] {
        var header = JSONObject([
            ("version", .integer(StateFile.version)), ("model", .string(model)), ("layout", .string(snapshot.layout)),
            ("values", .integer(snapshot.values.count)), ("logits", .integer(logits.count)),
            ("tokens", .integer(tokenCount)), ("pending", .array(pending.map { .integer($0) })),
        ])
        if let identity { header["identity"] = .string(identity) }
        let text = JSONValue.object(header).encodedBytes(.compact)
        var bytes = StateFile.magic
        bytes.reserveCapacity(64 + text.count + 4 * (snapshot.values.count + logits.count))
        bytes.append(littleEndian: UInt32(text.count))
        bytes += text
        bytes.append(littleEndian: snapshot.values)
        bytes.append(littleEndian: logits)
        return bytes + SHA256.digest(of: bytes)
    }

    /// - Parameters:
    ///   - name: for messages.
    ///   - model: the one that is to go on with it.
    /// - Throws: `GenerationError.stateMismatch` for a file that is cut, changed, of another version or model, or holds
    ///   numbers that are not finite or cannot be.
    init(_ bytes: [UInt8], name: String, model: String) throws(GenerationError) {
        func refused(_ problem: String) -> GenerationError { GenerationError(.stateMismatch, name, problem) }
        let headerStart = StateFile.magic.count + 4
        guard bytes.count >= headerStart + StateFile.digestSize, bytes.starts(with: StateFile.magic) else {
            throw refused("is not a state file, or cut off")
        }
        let headerSize = Int(bytes.littleEndianWord(at: StateFile.magic.count))
        let end = bytes.count - StateFile.digestSize
        guard headerSize <= min(StateFile.maximumHeader, end - headerStart) else {
            throw refused("is cut off in its header")
        }
        guard SHA256.digest(of: bytes[..<end]) == Array(bytes[end...]) else {
            throw refused("is damaged: its checksum does not match")
        }
        let header = try? JSONValue(parsing: Array(bytes[headerStart..<headerStart + headerSize]))
        guard let header, let version = header["version"]?.intValue else { throw refused("has no readable header") }
        guard version == StateFile.version else {
            throw refused("is of version \(version); this host reads version \(StateFile.version)")
        }
        guard let owner = header["model"]?.stringValue, let layout = header["layout"]?.stringValue,
            let valueCount = header["values"]?.intValue, let logitCount = header["logits"]?.intValue,
            let tokenCount = header["tokens"]?.intValue, let pending = header["pending"]?.arrayValue?.map(\.intValue)
        else { throw refused("has an incomplete header") }
        guard owner == model else {
            throw GenerationError(
                .stateMismatch, name, "belongs to another model or another strategy",
                advice: "Use it with what it was saved from.")
        }
        let numbers = (end - headerStart - headerSize) / 4
        guard (0...StateFile.maximumTokens).contains(tokenCount) else {
            throw refused("says that \(tokenCount) tokens were read; 0 to \(StateFile.maximumTokens) can be")
        }
        guard pending.count <= StateFile.maximumPending else {
            throw refused("holds \(pending.count) tokens yet to be read; there are at most \(StateFile.maximumPending)")
        }
        guard valueCount >= 0, logitCount >= 0, valueCount <= numbers,
            logitCount == numbers - valueCount, (end - headerStart - headerSize) % 4 == 0, !pending.contains(nil)
        else { throw refused("does not hold what its header says") }
        let values = bytes.littleEndianFloats(at: headerStart + headerSize, count: numbers)
        guard values.allSatisfy(\.isFinite) else { throw refused("holds NaN or infinity") }
        self.model = owner
        snapshot = StateSnapshot(layout: layout, values: Array(values[..<valueCount]))
        logits = Array(values[valueCount...])
        self.tokenCount = tokenCount
        self.pending = pending.compactMap(\.self)
        identity = header["identity"]?.stringValue
    }

    init(
        model: String, snapshot: StateSnapshot, logits: [Float] = [], tokenCount: Int, pending: [TokenID] = [], identity: String? = nil
    ) {
        self.model = model
        self.snapshot = snapshot
        self.logits = logits
        self.tokenCount = tokenCount
        self.pending = pending
        self.identity = identity
    }
}
