import HostCore
import HostFiles
import Synchronization

/// Remembers what tokenizer files hold, so that many models may share one and a listing reads it once.
///
/// Only the number of tokens, or what is wrong, is kept, not the tokenizers.
package final class TokenizerShelf: Sendable {
    private struct Known {
        let byteCount: Int
        let modified: FileTime
        let contents: TokenizerContents
    }

    /// More files than this are not near any model.
    private static let capacity = 64
    private let known = Mutex<[String: Known]>([:])

    package init() {}

    /// What a file holds.
    ///
    /// - Cost: reads the file if it was written since it was last read.
    func contents(of path: String) -> TokenizerContents {
        let entry = RealPath.of(path).flatMap(FolderEntry.init)
        if let entry, let known = known.withLock({ $0[path] }), known.byteCount == entry.byteCount, known.modified == entry.modified {
            return known.contents
        }
        let contents = TokenizerContents(path: path)
        if let entry {
            known.withLock { known in
                if known.count >= Self.capacity { known.removeAll() }
                known[path] = Known(byteCount: entry.byteCount, modified: entry.modified, contents: contents)
            }
        }
        return contents
    }
}

/// What a tokenizer's file holds, as far as a search needs to know.
enum TokenizerContents {
    /// A vocabulary of text, with this many tokens.
    case text(Int)
    /// One of something else, with this many: music, sounds, or a kind of tokenizer that no RWKV has.
    case foreign(Int, LoadError)
    case broken(LoadError)

    init(path: String) {
        do throws(LoadError) {
            let bytes = try TokenizerFile.read(path: path)
            do throws(LoadError) {
                let tokenizer = try TokenizerFile.open(bytes: bytes, name: path)
                let size = tokenizer.vocabularySize
                self = ForeignVocabulary.sounds(in: tokenizer, name: path).map { .foreign(size, $0) } ?? .text(size)
            } catch {
                guard error.kind == .unsupported, let size = ForeignVocabulary.tokenCount(of: bytes) else { throw error }
                self = .foreign(size, error)
            }
        } catch {
            self = .broken(error)
        }
    }
}
