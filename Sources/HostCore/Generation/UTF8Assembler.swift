/// Turns bytes that arrive in pieces into text, so that a stream never shows half a character.
///
/// What may still become a character is held back, at most three bytes. What cannot is replaced by U+FFFD, one for each
/// maximal subpart of an ill-formed sequence, as `String(decoding:as:)` does: the pieces joined are always the text
/// that decoding all bytes at once would give.
///
/// - Source: The Unicode Standard, section 3.9, table 3-7 and "U+FFFD Substitution of Maximal Subparts".
public struct UTF8Assembler: Sendable {
    private var held: [UInt8] = []

    public init() {}

    /// The number of bytes held back, 0...3.
    public var heldCount: Int { held.count }

    /// Takes bytes and gives the text that is complete by now.
    public mutating func append(_ bytes: some Collection<UInt8>) -> String {
        held += bytes
        let complete = held.count - UTF8Assembler.openSuffixLength(of: held)
        let text = String(decoding: held[..<complete], as: UTF8.self)
        held.removeFirst(complete)
        return text
    }

    /// Ends the text: bytes still held back can no longer be completed, and come out as U+FFFD.
    public mutating func flush() -> String {
        defer { held = [] }
        return String(decoding: held, as: UTF8.self)
    }

    /// How many bytes at the end begin a character that more bytes could complete.
    private static func openSuffixLength(of bytes: [UInt8]) -> Int {
        for length in 1...3 where length <= bytes.count {
            let lead = bytes[bytes.count - length]
            if lead & 0xC0 == 0x80 { continue }
            guard length < sequenceLength(lead: lead) else { return 0 }
            let isOpen = length == 1 || allowedSecond(lead: lead).contains(bytes[bytes.count - length + 1])
            return isOpen ? length : 0
        }
        return 0
    }

    /// The length of a well-formed sequence with this first byte; 0 if there is none.
    private static func sequenceLength(lead: UInt8) -> Int {
        switch lead {
        case 0x00...0x7F: 1
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 0
        }
    }

    /// The second bytes that do not make an overlong form, a surrogate or a number beyond U+10FFFF.
    private static func allowedSecond(lead: UInt8) -> ClosedRange<UInt8> {
        switch lead {
        case 0xE0: 0xA0...0xBF
        case 0xED: 0x80...0x9F
        case 0xF0: 0x90...0xBF
        case 0xF4: 0x80...0x8F
        default: 0x80...0xBF
        }
    }
}
