/// Turns a terminal's bytes into keys.
///
/// - Source: ECMA-48 (control sequences); xterm's documentation of bracketed paste.
struct KeyReader {
    private var pending: [UInt8] = []
    private var isPasting = false

    /// The keys that are complete with this byte.
    mutating func keys(_ byte: UInt8) -> [Key] {
        pending.append(byte)
        if pending[0] == 0x1B { return escape() }
        let length = KeyReader.length(of: pending[0])
        guard pending.count >= length else { return [] }
        defer { pending = [] }
        if length == 1, byte < 0x20 || byte == 0x7F { return control(byte) }
        return String(validating: pending, as: UTF8.self).map { Array($0).map(Key.text) } ?? []
    }

    /// Bytes of a character that begins so; 1 for what begins none.
    private static func length(of byte: UInt8) -> Int {
        switch byte {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 1
        }
    }

    /// A line end within a paste is text, so that a pasted letter is one line.
    private func control(_ byte: UInt8) -> [Key] {
        switch byte {
        case 0x0D, 0x0A: [isPasting ? .text("\n") : .enter]
        case 0x09: [.text("\t")]
        case 0x01: [.home]
        case 0x02: [.left]
        case 0x03: [.interrupt]
        case 0x04: [.endOfInput]
        case 0x05: [.end]
        case 0x06: [.right]
        case 0x08, 0x7F: [.backspace]
        case 0x0B: [.deleteToEnd]
        case 0x0E: [.down]
        case 0x10: [.up]
        case 0x15: [.deleteToStart]
        case 0x17: [.deleteWord]
        default: []
        }
    }

    private mutating func escape() -> [Key] {
        guard pending.count > 1 else { return [] }
        guard pending[1] == 0x5B || pending[1] == 0x4F else {
            // Alt and a key: the key alone.
            let key = pending[1]
            pending = []
            return key == 0x1B ? [] : keys(key)
        }
        guard let last = pending.last, pending.count > 2, 0x40...0x7E ~= last else {
            // Longer than any key's.
            if pending.count > 16 { pending = [] }
            return []
        }
        let parameters = String(decoding: pending[2..<(pending.count - 1)], as: UTF8.self)
        pending = []
        switch (last, parameters) {
        case (0x41, _): return [.up]
        case (0x42, _): return [.down]
        case (0x43, _): return [.right]
        case (0x44, _): return [.left]
        case (0x48, _), (0x7E, "1"), (0x7E, "7"): return [.home]
        case (0x46, _), (0x7E, "4"), (0x7E, "8"): return [.end]
        case (0x7E, "3"): return [.delete]
        case (0x7E, "200"): isPasting = true
        case (0x7E, "201"): isPasting = false
        default: break
        }
        return []
    }
}
