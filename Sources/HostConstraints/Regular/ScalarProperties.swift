/// The characters with a property of Unicode, as `\p{…}` names it.
///
/// - Source: Unicode Standard Annex 44; Unicode Technical Standard 51 for emoji.
enum ScalarProperties {
    /// - Parameter isInverted: whether those without the property are wanted, of which none may be left out.
    /// - Returns: nil for a name that is not known, or whose characters are known only in part.
    static func set(named name: String, isInverted: Bool) -> ScalarSet? {
        let name = name.split(separator: "=").last.map(String.init) ?? name
        switch name {
        case "Any": return .all
        case "ASCII": return .ascii
        case "Emoji": return emoji
        case "Emoji_Component": return emojiComponents
        case "Regional_Indicator", "RI": return ScalarSet([0x1F1E6...0x1F1FF])
        case "Emoji_Modifier", "EMod": return ScalarSet([0x1F3FB...0x1F3FF])
        case "Emoji_Modifier_Base", "EBase": return isInverted ? nil : emojiModifierBases
        case "White_Space", "space": return whiteSpace
        case "Uppercase", "Upper": return uppercase
        case "Lowercase", "Lower": return lowercase
        // Those that are reserved for emoji to come are left out.
        case "Extended_Pictographic" where !isInverted: return emoji.subtracting(emojiComponents)
        case "Emoji_Presentation", "RGI_Emoji": return isInverted ? nil : emojiPresentation
        case "Alphabetic", "Alpha": return alphabetic
        default:
            guard let short = categories[name] ?? (categories.values.contains([name]) ? [name] : nil) else { return nil }
            return ScalarSet(short.flatMap { byCategory[$0, default: .empty].ranges })
        }
    }

    /// The digits, the joiner, variation selectors, regional letters, skin tones, hair and tags.
    private static let emojiComponents = ScalarSet([
        0x23...0x23, 0x2A...0x2A, 0x30...0x39, 0x200D...0x200D, 0x20E3...0x20E3, 0xFE0F...0xFE0F, 0x1F1E6...0x1F1FF,
        0x1F3FB...0x1F3FF, 0x1F9B0...0x1F9B3, 0xE0020...0xE007F,
    ])

    private static let emoji = scan(0...0x1FFFF) { $0.isEmoji }
    private static let emojiPresentation = scan(0...0x1FFFF) { $0.isEmojiPresentation }
    private static let emojiModifierBases = scan(0...0x1FFFF) { $0.isEmojiModifierBase }
    private static let whiteSpace = scan(0...0x3000) { $0.isWhitespace }
    private static let uppercase = scan(0...0x1FFFF) { $0.isUppercase }
    private static let lowercase = scan(0...0x1FFFF) { $0.isLowercase }
    private static let alphabetic = scan(0...0x3FFFF) { $0.isAlphabetic }

    private static func scan(
        _ range: ClosedRange<UInt32>, _ holds: (Unicode.Scalar.Properties) -> Bool
    ) -> ScalarSet {
        ScalarSet(range.compactMap { Unicode.Scalar($0) }.filter { holds($0.properties) })
    }

    /// The characters of each general category by its two letters.
    private static let byCategory: [String: ScalarSet] = {
        var ranges: [String: [ClosedRange<UInt32>]] = [:]
        var start: UInt32 = 0
        var current = ""
        for value in 0...UInt32(0x10FFFF) {
            let category = Unicode.Scalar(value).map { letters(of: $0.properties.generalCategory) } ?? "Cs"
            if category != current {
                if value > 0 { ranges[current, default: []].append(start...value - 1) }
                (start, current) = (value, category)
            }
        }
        ranges[current, default: []].append(start...0x10FFFF)
        return ranges.mapValues { ScalarSet($0) }
    }()

    private static func letters(of category: Unicode.GeneralCategory) -> String {
        switch category {
        case .uppercaseLetter: "Lu"
        case .lowercaseLetter: "Ll"
        case .titlecaseLetter: "Lt"
        case .modifierLetter: "Lm"
        case .otherLetter: "Lo"
        case .nonspacingMark: "Mn"
        case .spacingMark: "Mc"
        case .enclosingMark: "Me"
        case .decimalNumber: "Nd"
        case .letterNumber: "Nl"
        case .otherNumber: "No"
        case .connectorPunctuation: "Pc"
        case .dashPunctuation: "Pd"
        case .openPunctuation: "Ps"
        case .closePunctuation: "Pe"
        case .initialPunctuation: "Pi"
        case .finalPunctuation: "Pf"
        case .otherPunctuation: "Po"
        case .mathSymbol: "Sm"
        case .currencySymbol: "Sc"
        case .modifierSymbol: "Sk"
        case .otherSymbol: "So"
        case .spaceSeparator: "Zs"
        case .lineSeparator: "Zl"
        case .paragraphSeparator: "Zp"
        case .control: "Cc"
        case .format: "Cf"
        case .surrogate: "Cs"
        case .privateUse: "Co"
        case .unassigned: "Cn"
        @unknown default: "Cn"
        }
    }

    /// Names of several categories at once, long names, and the two letters of each.
    private static let categories: [String: [String]] = {
        let groups: [String: [String]] = [
            "L": ["Lu", "Ll", "Lt", "Lm", "Lo"], "M": ["Mn", "Mc", "Me"], "N": ["Nd", "Nl", "No"],
            "P": ["Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po"], "S": ["Sm", "Sc", "Sk", "So"], "Z": ["Zs", "Zl", "Zp"],
            "C": ["Cc", "Cf", "Co", "Cn"],
        ]
        var names = groups
        for group in groups.values { for category in group { names[category] = [category] } }
        for (long, short) in [
            "Letter": "L", "Mark": "M", "Number": "N", "Punctuation": "P", "Symbol": "S", "Separator": "Z",
            "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll", "Decimal_Number": "Nd", "Space_Separator": "Zs",
            "Control": "Cc",
        ] { names[long] = names[short] }
        return names
    }()
}
