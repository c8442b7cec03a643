import Foundation

/// Unicode normalisation form C over UTF-8 bytes, in linear time and only where a text can change.
///
/// - Source: Unicode Standard Annex #15, sections 9.1 "Stable Code Points" and 9.2 "Normalization Contexts Requiring
///   Care in Optimization".
enum CanonicalComposition {
    /// The normalised bytes, or nil when the text is normalised already.
    static func normalise(_ text: Span<UInt8>) -> [UInt8]? {
        var result: [UInt8]?
        var copied = 0
        var position = 0
        var previous: Int?
        while position < text.count {
            let character = text.character(at: position)
            if isStable(character.code) {
                previous = position
                position = character.end
                continue
            }
            // A stable character is a border that nothing reaches across, but it may be the base of what follows it.
            let start = previous ?? position
            var end = character.end
            while end < text.count, case let next = text.character(at: end), !isStable(next.code) { end = next.end }
            var output = result ?? []
            result = nil
            output.append(text, copied..<start)
            output += compose(text, start..<end)
            result = output
            copied = end
            position = end
            previous = nil
        }
        result?.append(text, copied..<text.count)
        return result
    }

    private static func compose(_ text: Span<UInt8>, _ range: Range<Int>) -> String.UTF8View {
        var segment: [UInt8] = []
        segment.append(text, range)
        let ordered = orderingMarks(Array(String(decoding: segment, as: UTF8.self).unicodeScalars)[...])
        return String(String.UnicodeScalarView(ordered)).precomposedStringWithCanonicalMapping.utf8
    }

    /// Marks that stand for two marks, which must be in their order before anything is composed.
    ///
    /// - Source: Unicode Character Database, `UnicodeData.txt`, field 5 of characters with a combining class.
    private static let marksOfMarks: [Unicode.Scalar: [Unicode.Scalar]] = [
        "\u{344}": ["\u{308}", "\u{301}"], "\u{F73}": ["\u{F71}", "\u{F72}"],
        "\u{F75}": ["\u{F71}", "\u{F74}"], "\u{F81}": ["\u{F71}", "\u{F80}"],
    ]

    /// The canonical ordering of the marks. Foundation's own takes quadratic time for a long run of marks out of order.
    private static func orderingMarks(_ scalars: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar] {
        var ordered: [Unicode.Scalar] = []
        var run: [(scalar: Unicode.Scalar, order: UInt8)] = []
        func endRun() {
            ordered += run.sorted { $0.order < $1.order }.map(\.scalar)
            run = []
        }
        for scalar in scalars.flatMap({ marksOfMarks[$0] ?? [$0] }) {
            let order = scalar.properties.canonicalCombiningClass.rawValue
            if order == 0 {
                endRun()
                ordered.append(scalar)
            } else {
                run.append((scalar, order))
            }
        }
        endRun()
        return ordered
    }

    /// Whether a character is known to be unchanged by composition whatever stands before it: it is a starter, its own
    /// composed form, and never the second half of a pair. Common ranges only; false means "not known".
    static func isStable(_ code: UInt32) -> Bool {
        switch code {
        case 0...0x2FF, 0x400...0x482, 0x48A...0x513, 0x2002...0x20CF, 0x2190...0x2328, 0x2500...0x27FF,
            0x3000...0x3029, 0x3041...0x3098, 0x309B...0x30FF, 0x4E00...0x9FFF, 0xAC00...0xD7A3, 0xE000...0xF8FF,
            0xFF00...0xFFEF, 0xFFFD, 0x1F000...0x1FAFF:
            true
        default: false
        }
    }
}

extension [UInt8] {
    /// Appends a part of a text.
    mutating func append(_ text: Span<UInt8>, _ range: Range<Int>) {
        for position in range { append(text[position]) }
    }
}
