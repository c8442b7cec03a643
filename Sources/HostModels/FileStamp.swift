import Foundation
import HostCore
import HostFiles

/// What changes when a model's files do: the facts of each file that its loader may look at.
struct FileStamp: Hashable, Sendable {
    private var facts: [String: FileFacts?] = [:]
    /// The model folder's small files.
    private var shared: Companions

    /// What all models of a folder share, in one number, so that a listing is linear in the number of models.
    struct Companions: Hashable, Sendable {
        private let hash: Int

        init(of folder: String) {
            hash = FileStamp.companions(of: folder).map { [$0: FileFacts(path: $0)] }.hashValue
        }
    }

    /// The entry and what may go with it: all that lies in a folder; beside a file and in the model folder the small files
    /// that accompany models, such as tokenizers.
    ///
    /// - Parameter companions: of the model folder, where they have been read already.
    init(_ source: ModelSource, companions: Companions? = nil) {
        shared = companions ?? Companions(of: source.modelFolder)
        add(source.path)
        if facts[source.path]??.kind == .folder {
            for name in ModelFolder.contents(of: source.path) { add("\(source.path)/\(name)") }
        } else {
            let folder = (source.path as NSString).deletingLastPathComponent
            guard folder != source.modelFolder, folder + "/" != source.modelFolder else { return }
            for path in FileStamp.companions(of: folder) { add(path) }
        }
    }

    /// A model as it is loaded, with the files that the options name.
    init(_ source: ModelSource, options: LoadOptions) {
        self.init(source)
        for path in [options.tokenizerPath, options.initialStatePath] + options.adapters.map(\.path) { if let path { add(path) } }
    }

    private mutating func add(_ path: String) { facts.updateValue(FileFacts(path: path), forKey: path) }

    private static func companions(of folder: String) -> [String] {
        ModelFolder.contents(of: folder).filter { name in
            let file = FileName(name)
            return !file.isPassedOver && file.isCompanion && !["md", "py"].contains(file.suffix)
        }.sorted().map { "\(folder)/\($0)" }
    }
}
