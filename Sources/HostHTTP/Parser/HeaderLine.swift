/// One header field as it stands on its line.
///
/// - Source: RFC 9112, section 5: no white space before the colon, no folded lines.
struct HeaderLine: Equatable, Sendable {
    var name: String
    var value: String

    init(_ line: [UInt8]) throws(HTTPFailure) {
        if line.first == HTTPSyntax.space || line.first == HTTPSyntax.tab {
            throw .badRequest("a header line begins with white space; folded lines are not accepted")
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
            throw .badRequest("a header line has no colon")
        }
        guard HTTPSyntax.isToken(line[..<colon]) else {
            throw .badRequest("a header name is empty or has characters that are not allowed")
        }
        name = String(decoding: line[..<colon], as: UTF8.self)
        value = String(decoding: HTTPSyntax.trimmed(line[(colon + 1)...]), as: UTF8.self)
    }
}
