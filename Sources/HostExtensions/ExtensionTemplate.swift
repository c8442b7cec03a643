import Foundation
package import HostCore

/// What `modelhost extension new` writes: an extension that compiles, does one small thing and says where to go on.
package enum ExtensionTemplate: String, CaseIterable, Sendable {
    /// A hook that changes answers.
    case hook
    /// A processor that changes logits.
    case processor
    /// A loader with a model of its own.
    case loader

    /// - Returns: the path of the new file.
    /// - Throws: `ExtensionError` when there is such a folder already, or it cannot be made.
    package func write(_ name: String, in folder: ExtensionFolder) throws(ExtensionError) -> String {
        try ExtensionName.check(name)
        let own = "\(folder.path)/\(name)", path = "\(own)/\(name).swift"
        guard !FileManager.default.fileExists(atPath: own) else {
            throw ExtensionError(.notFound, name, "there is already a folder \(own)", advice: "Choose another name.")
        }
        do {
            try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
            try source(name).write(toFile: path, atomically: true, encoding: .utf8)
        } catch {
            throw ExtensionError(.notFound, name, "\(path) cannot be written: \(error.localizedDescription)")
        }
        return path
    }

    /// `my-first` becomes `MyFirstExtension`; the suffix keeps it apart from types of Swift.
    static func typeName(_ name: String) -> String {
        let words = name.split { $0 == "-" || $0 == "_" }.map { $0.prefix(1).uppercased() + $0.dropFirst() }
        let joined = words.joined()
        return (joined.first?.isLetter == true ? joined : "My" + joined) + "Extension"
    }

    private func source(_ name: String) -> String {
        let text =
            switch self {
            case .hook: Self.hookSource
            case .processor: Self.processorSource
            case .loader: Self.loaderSource
            }
        return text.replacing("TYPE", with: Self.typeName(name)).replacing("NAME", with: name)
    }

    private static let hookSource = """
        import HostCore

        /// Ends every answer with some words of its own.
        struct TYPE: HostExtension {
            /// What may be set in settings.json, with defaults; this one as "NAME-words".
            static let parameters: [String: JSONValue] = ["words": " (said NAME)"]
            let words: String

            init(parameters: ExtensionParameters) throws {
                words = try parameters.text("words")
            }

            // HostExtension has more hooks; write those you need. setup(_:) registers loaders and routes.
            func outputModifier(for state: RequestParameters) -> OutputModifier? {
                { answer in answer + words }
            }
        }

        func modelHostExtension() -> any HostExtension.Type { TYPE.self }

        """

    private static let processorSource = """
        import HostCore

        /// Makes tokens that the text has already less likely, a little more with each time.
        struct TYPE: HostExtension {
            /// What may be set in settings.json, with defaults; this one as "NAME-strength". 0 changes nothing.
            static let parameters: [String: JSONValue] = ["strength": 0.5]
            let strength: Float

            init(parameters: ExtensionParameters) throws {
                strength = Float(try parameters.number("strength"))
            }

            /// Called once for each request; what it gives belongs to that request alone.
            func logitsProcessor(for state: RequestParameters, tokenizer: any Tokenizer) -> (any LogitsProcessor)? {
                strength == 0 ? nil : Repeats(strength: strength)
            }
        }

        func modelHostExtension() -> any HostExtension.Type { TYPE.self }

        /// The three moments of a processor, which come on the thread that computes; so each must be quick.
        private struct Repeats: LogitsProcessor {
            let strength: Float
            private var counts: [TokenID: Float] = [:]

            init(strength: Float) { self.strength = strength }

            mutating func promptSeen(_ tokens: [TokenID]) {}

            mutating func process(_ logits: inout [Float]) {
                for (token, count) in counts where logits.indices.contains(token) { logits[token] -= strength * count }
            }

            mutating func tokenChosen(_ token: TokenID) { counts[token, default: 0] += 1 }
        }

        """
}
