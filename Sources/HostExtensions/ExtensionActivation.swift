package import HostCore

/// Brings the named extensions up: compiled side by side, then set up one after the other; what is wrong with one does not
/// touch the others.
package struct ExtensionActivation {
    private let libraries: ExtensionLibraries
    private let registrar: any Registrar
    private let log: Log

    package init(folder: ExtensionFolder, compiler: ExtensionCompiler, registrar: any Registrar, log: Log) {
        libraries = ExtensionLibraries(folder: folder, compiler: compiler)
        self.registrar = registrar
        self.log = log
    }

    /// - Parameters:
    ///   - names: in the order in which their hooks take their turns.
    ///   - settings: the parameters that the user set, by extension and name.
    package func activate(_ names: [String], settings: [String: [String: JSONValue]]) -> ActiveExtensions {
        var members: [ActiveExtensions.Member] = []
        var statuses: [ActiveExtensions.Status] = []
        let names = names.enumerated().filter { !names[..<$0.offset].contains($0.element) }.map(\.element)
        for (name, library) in zip(names, libraries.all(of: names)) {
            var status = ActiveExtensions.Status(name: name)
            do throws(ExtensionError) {
                let library = try library.get()
                status.origin = library.origin
                warn(of: library.contents)
                members.append(try bringUp(library, settings[name] ?? [:], &status))
                log.info("extension \(name) is on (\(library.origin))")
            } catch {
                status.problem = error
                // What a compiler says has lines; a line of the log is one.
                for line in "extension \(error)".split(separator: "\n") { log.error(String(line)) }
            }
            statuses.append(status)
        }
        return ActiveExtensions(members: members, statuses: statuses, log: log)
    }

    private func warn(of contents: ExtensionFolder.Contents) {
        for warning in contents.warnings { log.warning("extension \(contents.name): \(warning)") }
    }

    private func bringUp(
        _ library: ExtensionLibraries.Library, _ settings: [String: JSONValue], _ status: inout ActiveExtensions.Status
    ) throws(ExtensionError) -> ActiveExtensions.Member {
        let name = library.contents.name
        let type = try ExtensionLibrary.open(library.path, of: name)
        let stage = RegistrationStage(over: registrar, folder: library.contents.folder, log: log)
        let parameters = try ExtensionParameters(extension: name, defaults: type.parameters, settings: settings)
        let value: any HostExtension
        do {
            value = try type.init(parameters: parameters)
            try value.setup(stage)
            try stage.commit()
        } catch let error as ExtensionError {
            throw error
        } catch {
            throw ExtensionError(.setup, name, "could not be set up: \(error)")
        }
        status.loaders = stage.loaders.map(\.name)
        status.routes = stage.endpoints.map { "\($0.method) /extensions/\(name)/\($0.path)" }
        return ActiveExtensions.Member(name: name, value: value, endpoints: stage.endpoints)
    }
}
