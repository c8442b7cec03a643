import Foundation

/// Unicode normalisation form C over UTF-8 bytes, in linear time and only where a text can change.
///
/// - Source: Unicode Standard Annex #15, sections 9.1 "Stable Code Points" and 9.2 "Normalization Contexts Requiring
///   Care in Optimization".
enum CanonicalComposition {
    /// The normalised bytes, or nil when the text is normalised already.
    static func normalise(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        // Two-byte sequences with a lead below 0xCC end before U+0300; nothing before there ever changes.
        guard bytes.contains(where: { $0 >= 0xCC }) else { return nil }
        let scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
        guard !scalars.allSatisfy(isStable) else { return nil }

        var result = String.UnicodeScalarView()
        var start = 0
        while start < scalars.count {
            // A stable character is a border: what stands before it cannot reach across. It may itself be the base of
            // what follows it.
            var end = start + 1
            while end < scalars.count, !isStable(scalars[end]) { end += 1 }
            if end == start + 1, isStable(scalars[start]) {
                result.append(scalars[start])
            } else {
                var segment = String.UnicodeScalarView()
                segment.append(contentsOf: orderingMarks(scalars[start..<end]))
                result.append(contentsOf: String(segment).precomposedStringWithCanonicalMapping.unicodeScalars)
            }
            start = end
        }
        return Array(String(result).utf8)
    }

    /// The canonical ordering of the marks. Foundation's own takes quadratic time for a long run of marks out of order.
    private static func orderingMarks(_ scalars: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar] {
        var ordered: [Unicode.Scalar] = []
        var run: [(scalar: Unicode.Scalar, order: UInt8)] = []
        func endRun() {
            ordered += run.sorted { $0.order < $1.order }.map(\.scalar)
            run = []
        }
        for scalar in scalars {
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
    static func isStable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x2FF, 0x400...0x482, 0x48A...0x513, 0x2002...0x20CF, 0x2190...0x2328, 0x2500...0x27FF,
            0x3000...0x3029, 0x3041...0x3098, 0x309B...0x30FF, 0x4E00...0x9FFF, 0xAC00...0xD7A3, 0xE000...0xF8FF,
            0xFF00...0xFFEF, 0x1F000...0x1FAFF:
            true
        default: false
        }
    }
}
