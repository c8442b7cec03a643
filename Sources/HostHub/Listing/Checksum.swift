import HostCore
import HostHTTP

/// What a file's bytes must come to, in lower-case hexadecimal.
package enum Checksum: Sendable, Equatable {
    /// Of a file that Git keeps elsewhere (LFS): weights.
    case sha256(String)
    /// Git's name for the content of a file that it keeps itself.
    case gitBlob(String)
    /// The hub names none; the size alone can be compared.
    case unknown

    /// A checksum that is fed piece by piece.
    struct Running {
        private enum State {
            case sha256(SHA256)
            case sha1(SHA1)
            case none
        }

        private var state: State

        /// - Source: Git, "Git Internals - Git Objects": a blob's name is the SHA-1 of `blob SIZE`, a zero and the content.
        init(_ sum: Checksum, byteCount: Int) {
            switch sum {
            case .sha256: state = .sha256(SHA256())
            case .gitBlob:
                var hash = SHA1()
                hash.update(Array("blob \(byteCount)".utf8) + [0])
                state = .sha1(hash)
            case .unknown: state = .none
            }
        }

        mutating func update(_ bytes: [UInt8]) {
            switch state {
            case .sha256(var hash):
                // Taken out first, so that it is changed in place.
                state = .none
                hash.update(bytes)
                state = .sha256(hash)
            case .sha1(var hash):
                state = .none
                hash.update(bytes)
                state = .sha1(hash)
            case .none: break
            }
        }

        /// The checksum of all that was fed.
        func finished() -> Checksum {
            switch state {
            case .sha256(let hash): .sha256(SHA256.hexadecimal(hash.finish()))
            case .sha1(let hash): .gitBlob(SHA256.hexadecimal(hash.finish()))
            case .none: .unknown
            }
        }
    }
}
