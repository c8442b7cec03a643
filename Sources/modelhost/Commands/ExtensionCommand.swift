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
        self.settings = settings
    }

    func run() throws {
        switch verb {
        case .new: try makeNew()
        case .build: try build()
        case .list: list()
        }
    }

    private func makeNew() throws {
        let path = try ExtensionTemplate.write(name, in: settings.extensionFolder)
        Terminal.out("Wrote \(path)\nSwitch it on with: modelhost --extensions \(name)")
    }

    private func build() throws {
        let contents = try settings.extensionFolder.contents(of: name)
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
            Terminal.out("\nOnly libraries can be opened here: \(obstacle).")
        }
    }

    private func consists(_ name: String, _ folder: ExtensionFolder) -> String {
        guard let contents = try? folder.contents(of: name) else { return "nothing: there is no such folder" }
        let sources = contents.sources.isEmpty ? [] : ["\(contents.sources.count) Swift \(contents.sources.count == 1 ? "file" : "files")"]
        return (sources + (contents.library == nil ? [] : ["a library"])).joined(separator: ", ")
    }
}
