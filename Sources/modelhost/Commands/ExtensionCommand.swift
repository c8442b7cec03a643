import Foundation
import HostCore
import HostExtensions

/// `modelhost extension new|build|list`.
struct ExtensionCommand {
    private enum Verb: String, CaseIterable {
        case new, build, list
    }

    private let verb: Verb
    private let name: String
    private let template: ExtensionTemplate
    private let settings: Settings

    init(arguments: ParsedArguments, settings: Settings) throws(UsageError) {
        let verbs = Verb.allCases.map(\.rawValue).joined(separator: ", ")
        guard let word = arguments.words.first, let verb = Verb(rawValue: word) else {
            throw UsageError("modelhost extension", "needs one of \(verbs)", advice: "modelhost extension --help says more")
        }
        guard arguments.words.count == (verb == .list ? 1 : 2) else {
            throw UsageError("modelhost extension \(word)", verb == .list ? "takes no name" : "needs one name", advice: nil)
        }
        self.verb = verb
        name = verb == .list ? "" : arguments.words[1]
        template = try Self.template(settings, for: verb)
        self.settings = settings
    }

    private static func template(_ settings: Settings, for verb: Verb) throws(UsageError) -> ExtensionTemplate {
        let named = [ExtensionTemplate.loader, .processor].filter { settings.isOn($0.rawValue) }
        guard let first = named.first else { return .hook }
        guard verb == .new else { throw UsageError("--\(first.rawValue)", "requires modelhost extension new", advice: nil) }
        guard named.count == 1 else { throw UsageError("--loader", "excludes --processor", advice: "write two extensions") }
        return first
    }

    func run() throws {
        switch verb {
        case .new: try makeNew()
        case .build: try build()
        case .list: list()
        }
    }

    private func makeNew() throws {
        let folder = settings.extensionFolder
        Terminal.out("Wrote \(try template.write(name, in: folder))")
        try writeCommands(for: folder.contents(of: name))
        let isUsual = folder.path == ExtensionFolder(path: Settings.usualExtensions).path
        Terminal.out("Switch it on with: modelhost --extensions \(name)\(isUsual ? "" : " --extension-dir \(folder.path)")")
    }

    /// What editors read to find HostCore; it names places of this machine, so it stays out of version control.
    private func writeCommands(for contents: ExtensionFolder.Contents) throws {
        guard let commands = ExtensionCompiler.ofThisProgram.commands(for: contents) else {
            return Terminal.out("Editors will not find HostCore: \(ExtensionCompiler.ofThisProgram.obstacle ?? "").")
        }
        let path = "\(contents.folder)/compile_commands.json"
        try Data(commands.encodedBytes(.pretty)).write(to: URL(filePath: path), options: .atomic)
        Terminal.out("Wrote \(path), which editors read to find HostCore")
    }

    private func build() throws {
        let contents = try settings.extensionFolder.contents(of: name)
        for warning in contents.warnings { Terminal.out("warning: \(warning)") }
        let start = ContinuousClock.now
        let library = try ExtensionCompiler.ofThisProgram.build(contents)
        let seconds = String(format: "%.1f", (ContinuousClock.now - start) / .seconds(1))
        Terminal.out("Built \(library) in \(seconds) s")
    }

    private func list() {
        let folder = settings.extensionFolder
        let named = settings.list("extensions")
        let names = folder.names() + named.filter { !folder.names().contains($0) }
        guard !names.isEmpty else {
            Terminal.out("No extensions in \(folder.path). modelhost extension new NAME writes one.")
            return
        }
        var table = Table(header: ["EXTENSION", "SWITCHED ON", "CONSISTS OF"])
        for name in names {
            table.add([name, named.contains(name) ? "yes" : "no", consists(name, folder)])
        }
        Terminal.out(table.text)
        if let obstacle = ExtensionCompiler.ofThisProgram.obstacle {
            Terminal.out("\nOnly libraries can be opened here: \(obstacle). \(ExtensionCompiler.needs).")
        }
    }

    private func consists(_ name: String, _ folder: ExtensionFolder) -> String {
        guard let contents = try? folder.contents(of: name) else { return "nothing: there is no such folder" }
        let sources = contents.sources.isEmpty ? [] : ["\(contents.sources.count) Swift \(contents.sources.count == 1 ? "file" : "files")"]
        return (sources + (contents.library == nil ? [] : ["a library"])).joined(separator: ", ")
    }
}
