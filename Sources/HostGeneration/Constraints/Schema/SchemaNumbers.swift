import HostCore

/// Numbers of JSON Schema: any, or digit by digit within whole bounds.
enum SchemaNumbers {
    static func node(_ schema: JSONObject, isInteger: Bool, at path: String) throws(ConstraintProblem) -> GrammarNode {
        var isInteger = isInteger
        if let step = schema["multipleOf"] {
            guard step.intValue == 1 else {
                throw ConstraintProblem("schema, \(path): \"multipleOf\" is supported only as 1")
            }
            isInteger = true
        }
        let low = try bound("minimum", "exclusiveMinimum", schema, isInteger: isInteger, sign: 1, at: path)
        let high = try bound("maximum", "exclusiveMaximum", schema, isInteger: isInteger, sign: -1, at: path)
        if low == nil, high == nil { return isInteger ? JSONGrammar.integer : JSONGrammar.number }
        var choices: [GrammarNode] = []
        if (high?.value ?? 1) >= 0 {
            let floor = low.flatMap { $0.value < 0 ? nil : $0 } ?? Bound(value: 0, isExclusive: false)
            choices.append(magnitudes(from: floor, to: high, isInteger: isInteger))
        }
        if (low?.value ?? -1) < 0 {
            let floor = high.flatMap { $0.value > 0 ? nil : $0.negated } ?? Bound(value: 0, isExclusive: true)
            choices.append(
                .sequence([.text("-"), magnitudes(from: floor, to: low?.negated, isInteger: isInteger)]))
        }
        return .choice(choices)
    }

    // MARK: Bounds

    private struct Bound {
        var value: Int
        var isExclusive: Bool

        var negated: Bound { Bound(value: -value, isExclusive: isExclusive) }
    }

    /// The narrower of an inclusive and an exclusive bound.
    ///
    /// - Parameter sign: 1 for a lower bound, −1 for an upper one.
    private static func bound(
        _ inclusive: String, _ exclusive: String, _ schema: JSONObject, isInteger: Bool, sign: Int, at path: String
    ) throws(ConstraintProblem) -> Bound? {
        var result: Bound?
        for (name, isExclusive) in [(inclusive, false), (exclusive, true)] {
            guard let value = schema[name] else { continue }
            guard let number = value.doubleValue else {
                throw ConstraintProblem("schema, \(path): \"\(name)\" must be a number")
            }
            guard abs(number) < 1e15 else {
                throw ConstraintProblem("schema, \(path): \"\(name)\" is supported only below 1e15")
            }
            var bound: Bound
            if isInteger {
                let inner = number.rounded(sign > 0 ? .up : .down)
                bound = Bound(value: Int(inner) + (isExclusive && inner == number ? sign : 0), isExclusive: false)
            } else {
                guard let whole = value.intValue else {
                    throw ConstraintProblem(
                        "schema, \(path): \"\(name)\" of a number is supported only as a whole number, not \(number)")
                }
                bound = Bound(value: whole, isExclusive: isExclusive)
            }
            if let other = result {
                if other.value == bound.value { bound.isExclusive = bound.isExclusive || other.isExclusive }
                result = (bound.value - other.value) * sign >= 0 ? bound : other
            } else {
                result = bound
            }
        }
        return result
    }

    // MARK: Digits

    /// Numbers without a sign between two bounds of which the lower is at least 0.
    private static func magnitudes(from low: Bound, to high: Bound?, isInteger: Bool) -> GrammarNode {
        let digits = isInteger ? JSONGrammar.integerDigits : JSONGrammar.numberDigits
        let greatest = high?.value ?? power(digits) - 1
        if isInteger {
            let first = low.value + (low.isExclusive ? 1 : 0)
            return naturals(first, greatest - (high?.isExclusive == true ? 1 : 0))
        }
        // So few digits behind the point that rounding to a Double cannot cross a bound.
        let most = max(1, JSONGrammar.numberDigits - String(high?.value ?? low.value).count)
        let fraction = GrammarNode.sequence([.text("."), .digits(1, most)])
        var choices: [GrammarNode] = [.sequence([naturals(low.value + 1, greatest - 1), .optional(fraction)])]
        if low.value < greatest {
            let above = GrammarNode.sequence([
                .text("."), .repeated(.text("0"), least: 0, most: most - 1), .scalars(ScalarSet([0x31...0x39])),
            ])
            choices.append(.sequence([naturals(low.value, low.value), low.isExclusive ? above : .optional(fraction)]))
        }
        if high?.isExclusive != true, low.value < greatest || (low.value == greatest && !low.isExclusive) {
            choices.append(.sequence([naturals(greatest, greatest), .optional(.text(".0"))]))
        }
        return .choice(choices)
    }

    /// The whole numbers from `low` to `high` in decimal; nothing when there are none.
    private static func naturals(_ low: Int, _ high: Int) -> GrammarNode {
        var choices: [GrammarNode] = []
        var first = low
        while first <= high {
            let length = String(first).count
            let last = min(high, power(length) - 1)
            choices.append(sameLength(digits(first), digits(last)))
            first = last + 1
        }
        return .choice(choices)
    }

    private static func power(_ exponent: Int) -> Int { (0..<exponent).reduce(1) { product, _ in product * 10 } }

    private static func digits(_ number: Int) -> ArraySlice<UInt8> { Array(String(number).utf8)[...] }

    private static func sameLength(_ low: ArraySlice<UInt8>, _ high: ArraySlice<UInt8>) -> GrammarNode {
        guard let first = low.first, let last = high.first else { return .empty }
        let zero = UInt8(ascii: "0")
        let nine = UInt8(ascii: "9")
        let lowRest = low.dropFirst()
        let highRest = high.dropFirst()
        if low.allSatisfy({ $0 == zero }), high.allSatisfy({ $0 == nine }) { return .digits(low.count, low.count) }
        if first == last { return .sequence([.bytes([first]), sameLength(lowRest, highRest)]) }
        let zeros = [UInt8](repeating: zero, count: lowRest.count)[...]
        let nines = [UInt8](repeating: nine, count: lowRest.count)[...]
        var choices: [GrammarNode] = [
            .sequence([.bytes([first]), sameLength(lowRest, nines)]),
            .sequence([.bytes([last]), sameLength(zeros, highRest)]),
        ]
        if last - first > 1 {
            let middle = ScalarSet([UInt32(first) + 1...UInt32(last) - 1])
            choices.append(.sequence([.scalars(middle), .digits(lowRest.count, lowRest.count)]))
        }
        return .choice(choices)
    }
}
