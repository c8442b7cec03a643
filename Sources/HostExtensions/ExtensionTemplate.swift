import Foundation
package import HostCore

/// What `modelhost extension new` writes: an extension that compiles, does one small thing and says where to go on.
package enum ExtensionTemplate {
    /// - Returns: the path of the new file.
    /// - Throws: `ExtensionError` when there is such a folder already, or it cannot be made.
    package static func write(_ name: String, in folder: ExtensionFolder) throws(ExtensionError) -> String {
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

    static func source(_ name: String) -> String {
        let type = typeName(name)
        return """
            import HostCore

            /// Ends every answer with some words of its own.
            struct \(type): HostExtension {
                /// What may be set in settings.json, with defaults; this one as "\(name)-words".
                static let parameters: [String: JSONValue] = ["words": " (said \(name))"]
                let words: String

                init(parameters: ExtensionParameters) throws {
                    words = try parameters.text("words")
                }

                // HostExtension has more hooks; write those you need. setup(_:) registers loaders and routes.
                func outputModifier(for state: RequestParameters) -> OutputModifier? {
                    { answer in answer + words }
                }
            }

            func modelHostExtension() -> any HostExtension.Type { \(type).self }

            """
    }
}
