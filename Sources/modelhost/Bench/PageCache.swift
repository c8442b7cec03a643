import Foundation
import HostFiles

/// Brings files into memory before loading is timed, so that the disk is not what is measured.
enum PageCache {
    /// Reads a file, or every file of a folder, once.
    static func warm(_ path: String) {
        var paths = [path]
        if let names = try? FileManager.default.contentsOfDirectory(atPath: path) { paths = names.map { "\(path)/\($0)" } }
        for path in paths { try? read(path) }
    }

    private static func read(_ path: String) throws(FileError) {
        let file = try PlainFile(path)
        var offset = 0
        while offset < file.byteCount { offset += max(1, try file.bytes(from: offset, count: 1 << 22).count) }
    }
}
