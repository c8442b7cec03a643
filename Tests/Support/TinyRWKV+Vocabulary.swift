extension TinyRWKV {
    /// A World vocabulary for an embedding of so many rows: the single bytes, then pairs of letters.
    package static func byteVocabulary(_ rows: Int) -> String {
        func byte(_ value: Int) -> String { String(value + 256, radix: 16).suffix(2).description }
        let letters = (0..<26).flatMap { first in (0..<26).map { (first + 97, $0 + 97) } }
        let pairs = letters.prefix(max(0, rows - 257)).enumerated().map { "\($0 + 257) b'\\x\(byte($1.0))\\x\(byte($1.1))' 2\n" }
        return (0..<256).map { "\($0 + 1) b'\\x\(byte($0))' 1\n" }.joined() + pairs.joined()
    }
}
