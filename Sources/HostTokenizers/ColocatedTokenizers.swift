import Foundation
package import HostCore
import HostFiles

/// Tokenizers for loaders that know only a file format.
package struct ColocatedTokenizers: TokenizerFinder {
    private let shelf = TokenizerShelf()

    package init() {}

    package func obstacle(besides source: ModelSource, vocabularySize: Int) -> String? {
        search(source, vocabularySize).obstacle
    }

    package func tokenizer(
        besides source: ModelSource, vocabularySize: Int, options: LoadOptions
    ) throws(LoadError) -> any Tokenizer {
        try search(source, vocabularySize).tokenizer(override: options.tokenizerPath)
    }

    package func worldTokenizer(of tokens: [[UInt8]], name: String) throws(LoadError) -> any Tokenizer {
        try WorldTokenizer(tokens: tokens, name: name)
    }

    /// Beside a file, or in a folder that is the model; then in the model folder.
    private func search(_ source: ModelSource, _ vocabularySize: Int) -> TokenizerSearch {
        let beside = (source.path as NSString).deletingLastPathComponent
        let place = source.isFolder ? source.path : beside.isEmpty ? "." : beside
        return TokenizerSearch(source, folder: place, vocabularySize: vocabularySize, shelf: shelf)
    }
}
