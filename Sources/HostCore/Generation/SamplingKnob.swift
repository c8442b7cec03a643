/// One knob of sampling and all there is to know of it: requests, presets, flags, range checks and the page read this.
///
/// A new one is a field of `SamplingParameters` and a line in `SamplingKnob.all`.
package struct SamplingKnob: Sendable {
    package typealias Path<Value> = any WritableKeyPath<SamplingParameters, Value> & Sendable

    /// Where its value is kept, and which values it may have.
    package enum Kind: Sendable {
        case number(Path<Double>, ClosedRange<Double>)
        case count(Path<Int>, ClosedRange<Int>)
        case toggle(Path<Bool>)
        /// A toggle of which nil leaves the choice to what else is asked for.
        case choice(Path<Bool?>)
        case text(Path<String>)
        case texts(Path<[String]>)
        case stages(Path<[SamplingStage]>)
        case order(Path<SamplingParameters.Order>)
        case seed(Path<UInt64?>)
        case biases(Path<[TokenID: Double]>)
        case tokens(Path<Set<TokenID>>)
    }

    /// As requests, presets and `settings.json` spell it; as a flag, with dashes.
    package let name: String
    /// Other names of it in requests.
    package let aliases: [String]
    /// All its names in requests, its own first; clients in JavaScript write them in camel case.
    package let names: [String]
    package let kind: Kind
    package let help: String
    /// Whether values below the range, such as -1, are taken for the one that changes nothing: that is what clients send.
    package let isOffBelowRange: Bool
    /// Whether presets have it.
    package let isInPresets: Bool
    /// What a preset that does not name it sets it to, where that is not the value that changes nothing.
    private let presetDefault: JSONValue?

    init(
        _ name: String, _ aliases: String..., kind: Kind, isOffBelowRange: Bool = false, isInPresets: Bool = true,
        presetDefault: JSONValue? = nil, help: String
    ) {
        self.name = name
        self.aliases = aliases
        let all = [name] + aliases
        names = all + all.map(SamplingKnob.camelCased).filter { !all.contains($0) }
        self.kind = kind
        self.help = help
        self.isOffBelowRange = isOffBelowRange
        self.isInPresets = isInPresets
        self.presetDefault = presetDefault
    }

    private static func camelCased(_ name: String) -> String {
        let words = name.split(separator: "_")
        return words[0] + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    package static func named(_ name: String) -> SamplingKnob? { all.first { $0.name == name || $0.aliases.contains(name) } }

    /// The value that changes nothing.
    package var neutral: JSONValue { value(in: SamplingParameters()) }

    /// What a preset that does not name it sets it to.
    package var presetValue: JSONValue { presetDefault ?? neutral }

    /// Its value as requests spell it.
    package func value(in parameters: SamplingParameters) -> JSONValue {
        switch kind {
        case .number(let path, _): .number(parameters[keyPath: path])
        case .count(let path, _): .integer(parameters[keyPath: path])
        case .toggle(let path): .bool(parameters[keyPath: path])
        case .choice(let path): parameters[keyPath: path].map { .bool($0) } ?? .null
        case .text(let path): .string(parameters[keyPath: path])
        case .texts(let path): .array(parameters[keyPath: path].map { .string($0) })
        case .stages(let path): .array(parameters[keyPath: path].map { .string($0.rawValue) })
        case .order(let path): .string(parameters[keyPath: path].rawValue)
        case .seed(let path): parameters[keyPath: path].map { .integer(Int(clamping: $0)) } ?? .integer(-1)
        case .biases(let path):
            .object(JSONObject(parameters[keyPath: path].sorted { $0.key < $1.key }.map { ("\($0.key)", .number($0.value)) }))
        case .tokens(let path): .string(parameters[keyPath: path].sorted().map { "\($0)" }.joined(separator: ","))
        }
    }

    /// Sets it to a number, where it is one; what clients send for off becomes the value that changes nothing.
    package func set(_ number: Double, in parameters: inout SamplingParameters) {
        guard case .number(let path, let range) = kind else { return }
        let isOff = isOffBelowRange && number < range.lowerBound
        parameters[keyPath: path] = isOff ? SamplingParameters()[keyPath: path] : number
    }

    /// The same for whole numbers.
    package func set(_ count: Int, in parameters: inout SamplingParameters) {
        guard case .count(let path, let range) = kind else { return }
        let isOff = isOffBelowRange && count < range.lowerBound
        parameters[keyPath: path] = isOff ? SamplingParameters()[keyPath: path] : count
    }

    /// - Throws: `GenerationError.invalidParameter` for a value out of its range, as an extension may have set it.
    func check(_ parameters: SamplingParameters) throws(GenerationError) {
        switch kind {
        case .number(let path, let range): try check(parameters[keyPath: path], in: range)
        case .count(let path, let range): try check(parameters[keyPath: path], in: range)
        case .biases(let path):
            for bias in parameters[keyPath: path].values { try check(bias, in: SamplingKnob.biases) }
        case .stages(let path):
            guard Set(parameters[keyPath: path]).count == parameters[keyPath: path].count else {
                throw GenerationError(.invalidParameter, name, "names a sampler twice")
            }
        case .toggle, .choice, .text, .texts, .order, .seed, .tokens: break
        }
    }

    /// A NaN is in no range.
    private func check<Value: Comparable>(_ value: Value, in range: ClosedRange<Value>) throws(GenerationError) {
        guard range.contains(value) else {
            throw GenerationError(
                .invalidParameter, name, "must be between \(range.lowerBound) and \(range.upperBound), not \(value)")
        }
    }
}
