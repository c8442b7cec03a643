import HostCore

/// Flags for the knobs of sampling, made from their table: what holds where a request does not say.
extension Option {
    /// Nil for knobs that a command line has no words for.
    init?(_ knob: SamplingKnob) {
        let kind: Kind
        switch knob.kind {
        case .number(_, let range): kind = .number((knob.isOffBelowRange ? -1 : range.lowerBound)...range.upperBound, placeholder: "X")
        case .count(_, let range): kind = .integer((knob.isOffBelowRange ? -1 : range.lowerBound)...range.upperBound, placeholder: "N")
        case .toggle where knob.name != "do_sample": kind = .toggle
        default: return nil
        }
        var usual: Default?
        if case .toggle = kind {} else { usual = .value(knob.value(in: .default)) }
        self.init(
            name: knob.name.dashed, kind: kind, help: knob.help, default: usual, aliases: knob.aliases.map(\.dashed), commands: [.serve, .generate, .chat])
    }
}

extension Settings {
    /// How tokens are chosen when a request does not say.
    ///
    /// - Throws: `SettingsError` for values that do not go together.
    func sampling() throws(SettingsError) -> SamplingParameters {
        var sampling = SamplingParameters.default
        for knob in SamplingKnob.all {
            let name = knob.name.dashed
            switch knob.kind {
            case .number: if let value = number(name) { knob.set(value, in: &sampling) }
            case .count: if let value = integer(name) { knob.set(value, in: &sampling) }
            case .toggle(let path): if let value = toggle(name) { sampling[keyPath: path] = value }
            default: continue
            }
        }
        do {
            try sampling.validate()
        } catch {
            throw SettingsError(subject: "--\(error.subject.dashed)", problem: error.problem, advice: error.advice)
        }
        return sampling
    }
}

extension String {
    /// As a flag spells it.
    fileprivate var dashed: String { replacing("_", with: "-") }
}
