extension Unicode.Scalar {
    /// Whether it does something to a terminal or to the text around it where others are only shown: control characters,
    /// line and paragraph separators, and what turns the direction of writing or has no width.
    ///
    /// The joiners of scripts and emoji (U+200C, U+200D) are not among them, since words are written with them.
    /// - Source: ECMA-48 (C0 and C1); Unicode 16, UAX #9 (directional formatting characters).
    package var isObeyed: Bool {
        switch value {
        case 0x00...0x1F, 0x7F...0x9F, 0x2028, 0x2029: true
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x206F: true
        case 0x180E, 0x200B, 0x2060...0x2065, 0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE007F: true
        default: false
        }
    }
}

extension String {
    /// The text with everything written as `\u{…}` that would be obeyed instead of shown.
    ///
    /// - Parameter keepsLines: whether line ends and tabs stay what they are.
    package func escaped(keepsLines: Bool) -> String {
        func isKept(_ scalar: Unicode.Scalar) -> Bool {
            !scalar.isObeyed || keepsLines && (scalar == "\n" || scalar == "\t")
        }
        guard !utf8.allSatisfy({ (0x20...0x7E).contains($0) }), !unicodeScalars.allSatisfy(isKept) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            if isKept(scalar) {
                text.unicodeScalars.append(scalar)
            } else {
                text += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return text
    }

    /// The text within a number of bytes of UTF-8, cut between characters; what was cut ends in `…`.
    package func shortened(to limit: Int) -> String {
        guard utf8.count > limit else { return self }
        let mark = "…"
        var end = utf8.index(utf8.startIndex, offsetBy: max(0, limit - mark.utf8.count))
        while end > startIndex, end.samePosition(in: unicodeScalars) == nil { utf8.formIndex(before: &end) }
        // A character may be as long as the text: one that does not end soon is cut.
        let whole = unicodeScalars[..<end].indices.suffix(16).last { $0.samePosition(in: self) != nil }
        if end.samePosition(in: self) == nil, let whole { end = whole }
        return self[..<end] + mark
    }
}
