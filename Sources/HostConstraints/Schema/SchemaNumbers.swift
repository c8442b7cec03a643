import HostCore

/// Numbers of JSON Schema: any, or digit by digit within bounds and in steps.
struct SchemaNumbers {
    private let isInteger: Bool
    private let low: DecimalBound?
    private let high: DecimalBound?
    /// Digits that may stand behind the point; nil for as many as a Double can distinguish.
    private let decimals: Int?
    /// Digits that may stand before the point.
    private var greatestDigits: Int

    private init(isInteger: Bool, low: DecimalBound?, high: DecimalBound?, decimals: Int?) {
        (self.isInteger, self.low, self.high, self.decimals) = (isInteger, low, high, decimals)
        greatestDigits = isInteger ? JSONGrammar.integerDigits : JSONGrammar.numberDigits
    }

    /// - Parameter rules: get those of a step at their end.
    static func node(
        _ schema: JSONObject, isInteger: Bool, at path: String, rules: inout [GrammarNode], with work: RegularWork
    ) throws(ConstraintProblem) -> GrammarNode {
        let step = try NumberStep(schema, isInteger: isInteger, at: path)
        let isWhole = isInteger || step?.isWhole == true
        let low = try bound("minimum", "exclusiveMinimum", schema, sign: 1, at: path)
        let high = try bound("maximum", "exclusiveMaximum", schema, sign: -1, at: path)
        let numbers = SchemaNumbers(isInteger: isWhole, low: low, high: high, decimals: step?.decimals)
        guard let step, !step.isOne else { return numbers.node }
        let multiples = try numbers.multiples(of: step, at: path, with: work)
        return multiples.node(in: &rules) { .scalars($0) }
    }

    /// The multiples of a step; those of fewer digits where all of them come to too many states.
    private func multiples(of step: NumberStep, at path: String, with work: RegularWork) throws(ConstraintProblem) -> RegularLanguage {
        do throws(ConstraintProblem) {
            return try step.language(within: plainNode, at: path, with: work)
        } catch {
            for digits in [9, 6] {
                var fewer = self
                fewer.greatestDigits = digits
                let language = try? step.language(within: fewer.plainNode, at: path, with: work)
                if let language, !language.isEmpty { return language }
            }
            throw error
        }
    }

    /// Bounds that no number of the usual grammar reaches do not count.
    private var node: GrammarNode {
        let isFree = [low, high].allSatisfy { $0 == nil } && decimals == nil
        if isFree { return isInteger ? JSONGrammar.integer : JSONGrammar.number }
        return plainNode
    }

    /// Without exponents.
    private var plainNode: GrammarNode {
        var choices: [GrammarNode] = []
        if high?.isNegative != true {
            let floor = low.flatMap { $0.isNegative ? nil : $0 } ?? .zero(isExclusive: false)
            choices.append(magnitudes(from: floor, to: high))
        }
        if low == nil || low?.isNegative == true {
            let floor = high.flatMap { $0.isNegative ? $0.negated : nil } ?? .zero(isExclusive: true)
            choices.append(.sequence([.text("-"), magnitudes(from: floor, to: low?.negated)]))
        }
        return .choice(choices)
    }

    // MARK: Bounds

    /// What the greatest exponent of `JSONGrammar.number` comes to, in digits before the point.
    private static let farDigits = JSONGrammar.numberDigits + 100

    /// The narrower of an inclusive and an exclusive bound.
    ///
    /// - Parameter sign: 1 for a lower bound, −1 for an upper one.
    private static func bound(
        _ inclusive: String, _ exclusive: String, _ schema: JSONObject, sign: Int, at path: String
    ) throws(ConstraintProblem) -> DecimalBound? {
        var result: DecimalBound?
        for (name, isExclusive) in [(inclusive, false), (exclusive, true)] {
            guard let value = schema[name] else { continue }
            guard let bound = DecimalBound(value, isExclusive: isExclusive), let text = DecimalText(value) else {
                throw ConstraintProblem("schema, \(path): \"\(name)\" must be a number")
            }
            // So far out that whatever the grammar writes lies within.
            if text.whole.count > farDigits, text.isNegative == (sign > 0) { continue }
            guard let other = result else {
                result = bound
                continue
            }
            if bound.compared(to: other) * sign >= 0 { result = bound }
        }
        return result
    }

    // MARK: Digits

    /// Numbers without a sign between two bounds of which the lower is at least 0.
    private func magnitudes(from low: DecimalBound, to high: DecimalBound?) -> GrammarNode {
        let greatest = SchemaNumbers.power(greatestDigits) - 1
        let low = low.raised(to: places(low.whole)), high = high?.lowered(to: places(high?.whole ?? 0))
        guard low.whole <= greatest else { return .choice([]) }
        let top =
            high.flatMap { $0.whole > greatest ? nil : $0 }
            ?? DecimalBound(isNegative: false, whole: greatest, fraction: [], isExclusive: false)
        func part(_ first: Int, _ last: Int, _ lower: DecimalBound?, _ upper: DecimalBound?) -> GrammarNode {
            guard first <= last else { return .choice([]) }
            let fraction = FractionDigits(lower: lower, upper: upper).node(places(last))
            return .sequence([SchemaNumbers.naturals(first, last), fraction])
        }
        if low.whole == top.whole { return part(low.whole, low.whole, low, top) }
        guard low.whole < top.whole else { return .choice([]) }
        // Numbers of everyday size have room for more digits behind the point than the greatest.
        let middle = min(max(low.whole, SchemaNumbers.everyday), top.whole - 1)
        return .choice([
            part(low.whole, low.whole, low, nil), part(low.whole + 1, middle, nil, nil),
            part(middle + 1, top.whole - 1, nil, nil), part(top.whole, top.whole, nil, top),
        ])
    }

    private static let everyday = 999_999

    /// So few digits behind the point that rounding to a Double cannot cross a bound.
    private func places(_ whole: Int) -> Int {
        isInteger ? 0 : min(decimals ?? .max, max(1, JSONGrammar.numberDigits - String(whole).count))
    }

    /// The whole numbers from `low` to `high` in decimal; nothing when there are none.
    static func naturals(_ low: Int, _ high: Int) -> GrammarNode {
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

    static func power(_ exponent: Int) -> Int { (0..<exponent).reduce(1) { product, _ in product * 10 } }

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

/// What may stand behind the whole digits of a number so that it lies between two bounds with the same whole digits.
private struct FractionDigits {
    /// Nil where the number lies above it anyway.
    let lower: DecimalBound?
    let upper: DecimalBound?

    /// Nothing, or a point and at least one digit.
    func node(_ most: Int) -> GrammarNode {
        let digits = digits(most, lower?.fraction, upper?.fraction, isFirst: true)
        let pointed = GrammarNode.sequence([.text("."), digits])
        let fits = mayEnd(lower?.fraction, upper?.fraction)
        if most == 0 { return fits ? .empty : .choice([]) }
        return fits ? .optional(pointed) : pointed
    }

    /// Whether the number may end where these digits of the bounds are left.
    private func mayEnd(_ low: ArraySlice<UInt8>?, _ high: ArraySlice<UInt8>?) -> Bool {
        let isAbove = low.map { $0.isEmpty && lower?.isExclusive == false } ?? true
        let isBelow = high.map { !$0.isEmpty || upper?.isExclusive == false } ?? true
        return isAbove && isBelow
    }

    /// - Parameters:
    ///   - room: how many digits may follow.
    ///   - low: what is left of the lower bound while the digits so far are its own; nil once they are above it.
    private func digits(
        _ room: Int, _ low: ArraySlice<UInt8>?, _ high: ArraySlice<UInt8>?, isFirst: Bool = false
    ) -> GrammarNode {
        if low == nil, high == nil { return .digits(isFirst ? 1 : 0, room) }
        let end: [GrammarNode] = !isFirst && mayEnd(low, high) ? [.empty] : []
        guard room > 0 else { return .choice(end) }
        let zero = UInt8(ascii: "0")
        let first = low.map { $0.first ?? zero } ?? zero
        let last = high.map { $0.first ?? zero } ?? UInt8(ascii: "9")
        guard first <= last else { return .choice(end) }
        var choices = end
        var middle: [ClosedRange<UInt32>] = []
        for digit in first...last {
            let lowRest = low.flatMap { digit == first ? $0.dropFirst() : nil }
            let highRest = high.flatMap { digit == last ? $0.dropFirst() : nil }
            if lowRest == nil, highRest == nil {
                middle.append(UInt32(digit)...UInt32(digit))
            } else {
                choices.append(.sequence([.bytes([digit]), digits(room - 1, lowRest, highRest)]))
            }
        }
        if !middle.isEmpty { choices.append(.sequence([.scalars(ScalarSet(middle)), .digits(0, room - 1)])) }
        return .choice(choices)
    }
}
