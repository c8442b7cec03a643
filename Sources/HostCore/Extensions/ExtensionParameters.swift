/// An extension's parameters: its own defaults, and over them what the settings say, each of the default's kind.
public struct ExtensionParameters: Sendable {
    private let name: String
    private let values: [String: JSONValue]

    /// - Parameters:
    ///   - name: the extension's name, which messages put before the parameter's.
    ///   - defaults: every parameter that there is, with the value that holds where the user set none.
    ///   - settings: what the user set, by the parameter's name.
    /// - Throws: `ExtensionError` for a parameter that the extension does not have, or a value of another kind.
    public init(
        extension name: String, defaults: [String: JSONValue], settings: [String: JSONValue]
    ) throws(ExtensionError) {
        for (key, value) in settings {
            guard let standard = defaults[key] else {
                let known = defaults.keys.sorted().map { "\(name)-\($0)" }.joined(separator: ", ")
                throw ExtensionError(
                    .parameter, "\(name)-\(key)", "is not a parameter of the extension \(name)",
                    advice: known.isEmpty ? "It has none." : "It has \(known).")
            }
            guard value.kind == standard.kind else {
                throw ExtensionError(
                    .parameter, "\(name)-\(key)", "must be \(standard.kind), not \(value.kind)")
            }
        }
        self.name = name
        values = defaults.merging(settings) { $1 }
    }

    /// - Throws: `ExtensionError` when the extension has not declared such a parameter; likewise below.
    public func text(_ key: String) throws(ExtensionError) -> String { try value(key, "a string", \.stringValue) }

    /// A parameter that is on or off.
    public func flag(_ key: String) throws(ExtensionError) -> Bool { try value(key, "a boolean", \.boolValue) }

    /// A parameter that is a number.
    public func number(_ key: String) throws(ExtensionError) -> Double { try value(key, "a number", \.doubleValue) }

    /// A parameter that is a whole number.
    public func integer(_ key: String) throws(ExtensionError) -> Int { try value(key, "a whole number", \.intValue) }

    /// Any parameter as it is; nil when there is none of that name.
    public subscript(key: String) -> JSONValue? { values[key] }

    private func value<Value>(
        _ key: String, _ kind: String, _ read: (JSONValue) -> Value?
    ) throws(ExtensionError) -> Value {
        guard let found = values[key] else {
            throw ExtensionError(
                .parameter, "\(name)-\(key)", "is read by the extension \(name) but not declared in its parameters")
        }
        guard let value = read(found) else {
            throw ExtensionError(.parameter, "\(name)-\(key)", "must be \(kind), not \(found.encoded())")
        }
        return value
    }
}
