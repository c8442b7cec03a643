import Foundation
import HostCheckpoints
import HostCompute
import HostCore
import HostHub
import HostTokenizers
import RWKVModels

extension Settings {
    /// What pulls work with.
    ///
    /// - Throws: `HubError.invalid` for a `tokenizer-from` that names no repository.
    func hub() throws(HubError) -> Hub {
        var hub = Hub(modelFolder: modelFolder, environment: ProcessInfo.processInfo.environment)
        if let source = text("tokenizer-from") { hub.tokenizerSource = try PullOrder(source).repository }
        let folder = modelFolder
        hub.missingTokenizer = { path in try Self.missingTokenizer(path, modelFolder: folder) }
        return hub
    }

    /// By the rows of the embedding that the file's own header names, and what lies beside it.
    private static func missingTokenizer(_ path: String, modelFolder: String) throws -> String? {
        let source = ModelSource(id: path, path: path, modelFolder: modelFolder)
        let checkpoint = try CheckpointReader.openWeights(path: path)
        let rows = try RWKVModelBuilder(log: .silent, devices: []).summary(of: checkpoint).vocabularySize
        let parent = (path as NSString).deletingLastPathComponent
        let search = TokenizerSearch(source, folder: parent, vocabularySize: rows, shelf: TokenizerShelf())
        return (try? search.tokenizer(override: nil)) == nil ? search.wellKnownFile : nil
    }
}
