import HostCore

/// A bound of a number, in decimal digits as it is written.
struct DecimalBound {
    var isNegative: Bool
    /// Without the sign; at most `JSONGrammar.integerDigits` digits and one more where there were more.
    var whole: Int
    /// The digits behind the point, without zeros at their end.
    var fraction: ArraySlice<UInt8>
    var isExclusive: Bool

    static func zero(isExclusive: Bool) -> DecimalBound {
        DecimalBound(isNegative: false, whole: 0, fraction: [], isExclusive: isExclusive)
    }

    /// - Returns: nil for what is not a number.
    init?(_ value: JSONValue, isExclusive: Bool) {
        guard let text = DecimalText(value) else { return nil }
        isNegative = text.isNegative && !(text.whole.isEmpty && text.fraction.isEmpty)
        whole = text.whole.count > JSONGrammar.integerDigits ? .max : Int(String(decoding: text.whole, as: UTF8.self)) ?? 0
        fraction = text.fraction[...]
        self.isExclusive = isExclusive
    }

    init(isNegative: Bool, whole: Int, fraction: ArraySlice<UInt8>, isExclusive: Bool) {
        self.isNegative = isNegative
        self.whole = whole
        self.fraction = fraction
        self.isExclusive = isExclusive
    }

    var isZero: Bool { whole == 0 && fraction.isEmpty }

    var negated: DecimalBound {
        DecimalBound(isNegative: !isNegative && !isZero, whole: whole, fraction: fraction, isExclusive: isExclusive)
    }

    /// −1, 0 or 1 as its value is less, the same or greater.
    func compared(to other: DecimalBound) -> Int {
        if isNegative != other.isNegative { return isNegative ? -1 : 1 }
        let size: Int
        if whole != other.whole {
            size = whole < other.whole ? -1 : 1
        } else if fraction == other.fraction {
            size = 0
        } else {
            size = fraction.lexicographicallyPrecedes(other.fraction) ? -1 : 1
        }
        return isNegative ? -size : size
    }

    // MARK: Rounding inwards, of bounds that are not negative

    /// The least number with this many digits behind the point that a lower bound allows.
    func raised(to digits: Int) -> DecimalBound {
        guard fraction.count > digits else { return self }
        var bound = DecimalBound(
            isNegative: false, whole: whole, fraction: fraction.prefix(digits), isExclusive: false)
        // One more in the last place.
        var place = bound.fraction.endIndex - 1
        while place >= bound.fraction.startIndex, bound.fraction[place] == UInt8(ascii: "9") {
            bound.fraction[place] = UInt8(ascii: "0")
            place -= 1
        }
        if place >= bound.fraction.startIndex {
            bound.fraction[place] += 1
        } else if bound.whole < .max {
            bound.whole += 1
        }
        bound.stripZeros()
        return bound
    }

    /// The greatest number with this many digits behind the point that an upper bound allows.
    func lowered(to digits: Int) -> DecimalBound {
        guard fraction.count > digits else { return self }
        var bound = DecimalBound(
            isNegative: false, whole: whole, fraction: fraction.prefix(digits), isExclusive: false)
        bound.stripZeros()
        return bound
    }

    private mutating func stripZeros() {
        while fraction.last == UInt8(ascii: "0") { fraction.removeLast() }
    }
}

/// A number in digits, without an exponent.
struct DecimalText {
    let isNegative: Bool
    /// Without zeros at its beginning.
    let whole: [UInt8]
    /// Without zeros at its end.
    let fraction: [UInt8]

    /// - Returns: nil for what is not a number.
    init?(_ value: JSONValue) {
        let text: String
        switch value {
        case .integer(let number): text = String(number)
        case .number(let number) where number.isFinite: text = number.description
        case .float32(let number) where number.isFinite: text = number.description
        default: return nil
        }
        isNegative = text.hasPrefix("-")
        let parts = text.drop { $0 == "-" }.split(separator: "e")
        let digits = parts[0].split(separator: ".", omittingEmptySubsequences: false).map { Array($0.utf8) }
        let exponent = parts.count > 1 ? Int(parts[1].drop { $0 == "+" }) ?? 0 : 0
        let zero = UInt8(ascii: "0")
        var all = digits[0] + (digits.count > 1 ? digits[1] : [])
        var point = digits[0].count + exponent
        if point < 0 {
            all = [UInt8](repeating: zero, count: -point) + all
            point = 0
        }
        if point > all.count { all += [UInt8](repeating: zero, count: point - all.count) }
        whole = Array(all[..<point].drop { $0 == zero })
        var fraction = Array(all[point...])
        while fraction.last == zero { fraction.removeLast() }
        self.fraction = fraction
    }
}
