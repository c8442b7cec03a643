/// The line before a chunk: its size in hexadecimal and an extension, which is ignored.
///
/// - Source: RFC 9112, section 7.1; no white space is allowed before the extension.
struct ChunkSize: Equatable, Sendable {
    /// 16 digits and an extension of 256 bytes.
    static let lineLimit = 16 + 256

    var size: Int
    var extensionBytes: Int

    init(line: [UInt8]) throws(HTTPFailure) {
        var size = 0
        var digits = 0
        while digits < line.count, let digit = HTTPSyntax.hexValue(line[digits]) {
            guard digits < 16 else { throw .badRequest("a chunk size has more than 16 digits") }
            let (shifted, overflow) = size.multipliedReportingOverflow(by: 16)
            guard !overflow else { throw HTTPFailure(413, "a chunk size is out of range") }
            size = shifted | Int(digit)
            digits += 1
        }
        guard digits > 0 else { throw .badRequest("a chunk size is not hexadecimal") }
        guard digits == line.count || line[digits] == UInt8(ascii: ";") else {
            throw .badRequest("a chunk size is followed by something else than an extension")
        }
        self.size = size
        extensionBytes = line.count - digits
    }
}
