/// Frames that a server sends: whole, and not masked.
///
/// - Source: RFC 6455, section 5.2.
package enum WebSocketFrame {
    package static func text(_ text: String) -> [UInt8] { encoded(opcode: 1, Array(text.utf8)) }
    package static func pong(_ payload: [UInt8]) -> [UInt8] { encoded(opcode: 10, payload) }

    /// A close frame; 1005 says "no code" and is never sent itself.
    ///
    /// - Parameter reason: ASCII for people; what is beyond 123 bytes is left out.
    package static func close(_ code: UInt16, _ reason: String = "") -> [UInt8] {
        encoded(opcode: 8, code == 1005 ? [] : [UInt8(code >> 8), UInt8(code & 0xFF)] + reason.utf8.prefix(123))
    }

    private static func encoded(opcode: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var frame: [UInt8] = [0x80 | opcode]
        switch payload.count {
        case ..<126: frame.append(UInt8(payload.count))
        case ..<65_536: frame += [126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default:
            frame.append(127)
            for shift in stride(from: 56, through: 0, by: -8) { frame.append(UInt8(payload.count >> shift & 0xFF)) }
        }
        return frame + payload
    }
}
