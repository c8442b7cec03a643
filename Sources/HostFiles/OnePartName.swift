/// Names of things in one folder or table, as requests and settings bring them.
package enum OnePartName {
    /// Why a text cannot be the name of anything, as the rest of a sentence about it; nil where it can.
    package static func problem(_ name: String, atMost maximum: Int) -> String? {
        if name.isEmpty { return "is empty" }
        if name.utf8.count > maximum { return "is longer than \(maximum) bytes" }
        if name.unicodeScalars.contains(where: { $0 == "/" || $0 == "\\" }) { return "holds a slash" }
        return hasControls(name) ? "holds control characters" : nil
    }

    /// Whether a name has 1 to `maximum` ASCII letters, digits and these other characters, and does not begin with `noFirst`.
    package static func isPlain(_ name: String, besides others: String, noFirst: Character, atMost maximum: Int) -> Bool {
        let isMadeOfThem = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || others.utf8.contains(byte)
        }
        return isMadeOfThem && (1...maximum).contains(name.utf8.count) && name.first != noFirst
    }

    static func hasControls(_ name: String) -> Bool {
        name.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
    }
}
