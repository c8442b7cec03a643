import Foundation

/// Brings files into memory before loading is timed, so that the disk is not what is measured.
enum PageCache {
    /// Reads a file, or every file of a folder, once.
    static func warm(_ path: String) {
        var paths = [path]
        if let names = try? FileManager.default.contentsOfDirectory(atPath: path) { paths = names.map { "\(path)/\($0)" } }
        for path in paths {
            guard let file = FileHandle(forReadingAtPath: path) else { continue }
            while let chunk = try? file.read(upToCount: 1 << 22), !chunk.isEmpty {}
        }
    }
}
