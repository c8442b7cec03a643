import Foundation
import HostCore
import HostFiles

/// Kernels that were compiled before, a file each, named after all that went into them.
struct KernelCache {
    let folder: String
    /// No kernels of ours come near it.
    private static let maximumBytes = 256 << 20

    /// The user's cache folder.
    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        let caches =
            environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? "\(environment["HOME"] ?? NSTemporaryDirectory())/.cache"
        self.init(folder: "\(caches)/modelhost/cuda")
    }

    init(folder: String) { self.folder = folder }

    /// - Parameter parts: what makes two compilations the same; each part's length is part of the key.
    static func key(_ parts: [String]) -> String {
        let text = parts.map { "\($0.utf8.count) \($0)" }.joined(separator: "\n")
        return SHA256.hexadecimal(SHA256.digest(of: Array(text.utf8)))
    }

    /// Machine code that was kept; nil where there is none, or something else has its name.
    func bytes(_ key: String) -> [UInt8]? {
        guard let file = try? PlainFile(path(key)), let bytes = try? file.bytes(atMost: Self.maximumBytes),
            bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46])
        else { return nil }
        return bytes
    }

    func keep(_ bytes: [UInt8], _ key: String) throws(FileError) {
        try PrivateFile.write(bytes, to: path(key))
        PrivateFile.removeLeftovers(in: folder)
    }

    /// Takes back what no driver loads.
    func remove(_ key: String) { try? PrivateFile.remove(path(key)) }

    private func path(_ key: String) -> String { "\(folder)/\(key).cubin" }
}
