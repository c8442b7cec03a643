import HostCore

/// `stream`, `stream_options`, `return_progress` and `max_tokens_second`; the others mean nothing without a stream and are
/// ignored.
struct StreamFields: Sendable {
    var isOn: Bool
    var includesUsage: Bool
    /// Whether chunks say how far a long prompt has been read.
    var includesProgress: Bool
    /// How many tokens a second are shown at most.
    var tokensPerSecond: Int?

    static let none = StreamFields()

    private init() { (isOn, includesUsage, includesProgress) = (false, false, false) }

    init(_ reader: inout FieldReader) throws(APIError) {
        isOn = try reader.bool("stream") ?? false
        var options = FieldReader(try reader.object("stream_options") ?? JSONObject())
        includesUsage = try options.bool("include_usage") ?? false
        let wantsProgress = try reader.bool("return_progress") ?? false
        includesProgress = isOn && wantsProgress
        let pace = try reader.int("max_tokens_second", in: 0...Int(Int32.max)) ?? 0
        tokensPerSecond = isOn && pace > 0 ? pace : nil
    }
}
