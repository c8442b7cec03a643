import Foundation

/// Files that hold what people wrote, for the eyes of the host's own user alone.
enum PrivateFile {
    /// Replaces the file as a whole, so that nobody ever finds half of it; makes its folder where there is none.
    ///
    /// Until it is whole the file has the permissions that the system gives new ones.
    static func write(_ bytes: [UInt8], to file: URL) throws {
        let manager = FileManager.default
        let folder = file.deletingLastPathComponent().path(percentEncoded: false)
        // A folder that somebody made keeps the permissions that they gave it.
        if !manager.fileExists(atPath: folder) {
            try manager.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        try Data(bytes).write(to: file, options: .atomic)
        try manager.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path(percentEncoded: false))
    }
}
