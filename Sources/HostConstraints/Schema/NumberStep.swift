import HostCore

/// `multipleOf`: the step of a number as a whole number of some decimal place.
struct NumberStep {
    /// The step in units of the place.
    private let units: Int
    /// Digits behind the point that a multiple may have.
    let decimals: Int
    /// Zeros that stand at the end of every multiple but 0, when the step is 10, 100 and so on.
    private let zeros: Int

    /// Remainders that are distinguished while the automaton is made.
    private static let mostRemainders = 20_000

    /// - Throws: where the step needs more states than are made for it.
    init?(_ schema: JSONObject, isInteger: Bool, at path: String) throws(ConstraintProblem) {
        var steps: [JSONValue] = schema.list("&multipleOf")
        if let step = schema["multipleOf"] { steps.append(step) }
        guard !steps.isEmpty else { return nil }
        let texts = steps.compactMap { DecimalText($0) }
        var places = texts.map(\.fraction.count).max() ?? 0
        var units = 1
        for text in texts {
            guard texts.count == steps.count, !text.isNegative, text.whole.count + places <= JSONGrammar.numberDigits,
                let own = Int(String(decoding: text.whole + text.fraction, as: UTF8.self)), own > 0
            else { throw NumberStep.problem(steps, at: path) }
            // Multiples of all of them are those of the least that they share.
            let scaled = own * SchemaNumbers.power(places - text.fraction.count)
            let rest = units / NumberStep.greatestDivisor(units, scaled)
            let (product, isTooMuch) = rest.multipliedReportingOverflow(by: scaled)
            guard !isTooMuch else { throw NumberStep.problem(steps, at: path) }
            units = product
        }
        if isInteger {
            // A whole number is a multiple where it is one of the step without what it shares with the place.
            units /= NumberStep.greatestDivisor(units, SchemaNumbers.power(places))
            places = 0
        }
        var zeros = 0
        if places == 0 {
            var rest = units
            while rest % 10 == 0 {
                rest /= 10
                zeros += 1
            }
            if rest == 1, zeros > 0 { units = 1 } else { zeros = 0 }
        }
        self.units = units
        self.zeros = zeros
        decimals = places
        guard remainders.reduce(0, +) <= NumberStep.mostRemainders else { throw NumberStep.problem(steps, at: path) }
    }

    /// By how many digits stand behind the point: how many remainders make a difference to what may still come.
    private var remainders: [Int] {
        (0...decimals).map { units / NumberStep.greatestDivisor(units, SchemaNumbers.power(decimals - $0)) }
    }

    /// Whether every number with this many decimals is a multiple.
    var isOne: Bool { units == 1 && zeros == 0 }
    var isWhole: Bool { decimals == 0 }

    private static func problem(_ steps: [JSONValue], at path: String) -> ConstraintProblem {
        let listed = steps.map { $0.encoded().prefix(20) }.joined(separator: " with ")
        return ConstraintProblem(
            "schema, \(path): \"multipleOf\" \(listed) is not supported",
            advice: "Use a power of ten, or a step of at most \(mostRemainders) in its last decimal place.")
    }

    private static func greatestDivisor(_ left: Int, _ right: Int) -> Int {
        var (a, b) = (left, right)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }

    /// The multiples among numbers without exponents.
    func language(
        within numbers: GrammarNode, at path: String, with work: RegularWork
    ) throws(ConstraintProblem) -> RegularLanguage {
        let bounds = RegexNode(numbers) ?? .choice([])
        do throws(ConstraintProblem) {
            var sets: Set<ScalarSet> = Set((0...9).map { ScalarSet([0x30 + $0...0x30 + $0]) })
            sets.formUnion([ScalarSet(characters: "-"), ScalarSet(characters: "."), ScalarSet([0x30...0x39])])
            bounds.collectSets(into: &sets)
            let alphabet = ScalarAlphabet(sets)
            let multiples = zeros > 0 ? try ending(alphabet, with: work) : try residues(alphabet, with: work)
            return try RegularLanguage(bounds, alphabet, with: work).intersection(multiples, with: work)
        } catch {
            throw ConstraintProblem("schema, \(path): \"multipleOf\": \(error.problem)", advice: error.advice)
        }
    }

    /// 0, and whole numbers with zeros at their end.
    private func ending(_ alphabet: ScalarAlphabet, with work: RegularWork) throws(ConstraintProblem) -> RegularLanguage {
        let digit = RegexNode.scalars(ScalarSet([0x30...0x39]))
        let sign = RegexNode.repeated(.scalars(ScalarSet(characters: "-")), least: 0, most: 1)
        let many = RegexNode.sequence([
            .repeated(digit, least: 1, most: nil), .literal(String(repeating: "0", count: zeros)),
        ])
        return try RegularLanguage(.sequence([sign, .choice([.literal("0"), many])]), alphabet, with: work)
    }

    /// A state for each remainder that makes a difference and number of decimals, and one for the beginning.
    private func residues(_ alphabet: ScalarAlphabet, with work: RegularWork) throws(ConstraintProblem) -> RegularLanguage {
        let classes = alphabet.classes.count
        let digits = (0...9).map { alphabet.classes(of: ScalarSet([0x30 + $0...0x30 + $0])).first ?? 0 }
        let minus = alphabet.classes(of: ScalarSet(characters: "-")).first ?? 0
        let point = alphabet.classes(of: ScalarSet(characters: ".")).first ?? 0
        let remainders = self.remainders
        // Place 0 is before the point, place 1 right behind it, place p has p - 1 digits behind it.
        let counts = [remainders[0]] + remainders
        var firsts = [1]
        for count in counts { firsts.append(firsts[firsts.count - 1] + count) }
        let count = firsts[firsts.count - 1]
        try work.spend(count * classes)
        var next = [Int32](repeating: RegularLanguage.none, count: count * classes)
        var accepts = [Bool](repeating: false, count: count)
        next[minus] = 0
        for digit in 0...9 { next[digits[digit]] = Int32(1 + digit % counts[0]) }
        for (place, remainders) in counts.enumerated() {
            let following = place == 0 ? 0 : place + 1
            for remainder in 0..<remainders {
                let own = firsts[place] + remainder
                accepts[own] = place != 1 && remainder == 0
                if place == 0, decimals > 0 { next[own * classes + point] = Int32(firsts[1] + remainder) }
                guard following < counts.count else { continue }
                for digit in 0...9 {
                    next[own * classes + digits[digit]] = Int32(firsts[following] + (remainder * 10 + digit) % counts[following])
                }
            }
        }
        return RegularLanguage(alphabet, next: next, accepts: accepts).minimal
    }
}
