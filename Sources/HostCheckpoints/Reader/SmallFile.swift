package import HostCore
import HostFiles

/// Configuration files beside weights, read whole.
package enum SmallFile {
    /// More than any configuration has.
    package static let maximumSize = 1 << 20

    /// The text of a plain file of at most `maximumSize`, without a byte order mark; a pipe or a device would never end.
    ///
    /// - Throws: `LoadError.missingFile`, or `.unreadable` for what is not a plain file or too large.
    package static func read(_ path: String) throws(LoadError) -> [UInt8] {
        do {
            return try PlainFile.text(of: path, atMost: maximumSize)
        } catch {
            throw error.kind == .missing
                ? LoadError(.missingFile, path, "is not there", advice: "Download the whole repository, or give the path of a single weight file.")
                : LoadError(.unreadable, path, error.problem, advice: error.advice)
        }
    }

    /// The same, nil where there is no such file.
    package static func readIfPresent(_ path: String) throws(LoadError) -> [UInt8]? {
        do {
            return try read(path)
        } catch {
            if error.kind == .missingFile { return nil }
            throw error
        }
    }
}
